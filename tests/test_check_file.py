"""Check files: what they say, what they must not, and where in them a message points."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shell import answer, assert_refused, graphdiff

from graphdiff.checking import Check, Report
from graphdiff.checking.files.check_file import CheckFile, checks
from graphdiff.checking.files.schema import schema_text
from graphdiff.checking.files.toml_places import TomlPath, toml_places
from graphdiff.diagnostics import GraphdiffError

GOOD = """\
# Derivatives of the lecture's example.
rtol = 1e-7

[[check]]
name = "the point of the lecture"
program = "J=3*v; v=a+u; u=b*c"
inputs = { a = 5, b = 3, c = "pi - pi + 2" }
expect = [
  "J = 33",         # the value
  { that = "dJ/db = 6.0001", rtol = 1e-3 },
  'dJ/db = 3*c',
]

[[check]]
name = "at random"
program = '''
J = 3*v   # dJ/db = 3*c
v = a + u; u = b*c'''
inputs.a = "1..5"
samples = 40
seed = 7
ulp = 8
[check.expect]
"dJ/db" = "3*c"
"d2J/db dc" = 3
"dJ/da" = 3.0

[[check]]
name = "from a file, at two points"
file = "models/lecture.gd"
inputs.b = 3
points = [{ a = 5, c = 2 }, { a = 1, b = 1, c = "1/2" }]
expect = { J = "3*(a + b*c)" }

[[check]]
name = "a table"
file = "models/lecture.gd"
table = "models/results.csv"
ignore = ["run/no"]

[[check]]
name = "its own derivatives"
file = "models/lecture.gd"
inputs = { a = 5, b = 3, c = 2 }
gradcheck = true
of = ["J", "v"]
wrt = ["b"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a check file good.toml, and what it names."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lecture.gd").write_text("J = 3*v\nv = a+u\nu = b*c\n")
    (tmp_path / "models" / "results.csv").write_text("run/no,a,b,c,J\n1,5,3,2,33\n2,1,1,1,6\n")
    (tmp_path / "good.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path: str) -> str:
    return Path(path).read_text()


def check_file(text: str, name: str = "it.toml") -> CheckFile:
    return CheckFile(name, text, read, open)


def test_a_good_file(folder: Path) -> None:
    result = answer("check", "good.toml")
    assert (result.status, result.err) == (0, ""), result
    assert result.out.endswith("\n10 checks: 10 passed\n")


def test_the_checks_of_a_file(folder: Path) -> None:
    found = [check for check in checks("good.toml", read, open) if isinstance(check, Check)]
    assert [check.name for check in found] == [
        "the point of the lecture", "at random", "from a file, at two points", "a table",
        "its own derivatives",
    ]  # fmt: skip
    first, second, third, fourth, fifth = found
    assert first.comparer is not None
    assert [e.label for e in first.comparer.expectations] == ["J = 33", "dJ/db = 6.0001", "dJ/db = 3*c"]
    assert [e.tolerance.rtol for e in first.comparer.expectations] == [1e-7, 1e-3, 1e-7]
    assert [(row.number, row.inputs) for row in first.points.rows()] == [(1, {"a": 5.0, "b": 3.0, "c": 2.0})]
    assert second.comparer is not None
    assert {e.tolerance.ulp for e in second.comparer.expectations} == {8}
    assert (second.points.sampled, second.points.size, second.points.seed) == (True, 40, 7)
    assert all(1 <= row.inputs["a"] <= 5 for row in second.points.rows())
    assert [row.inputs for row in third.points.rows()] == [
        {"a": 5.0, "b": 3.0, "c": 2.0}, {"a": 1.0, "b": 1.0, "c": 0.5},
    ]  # fmt: skip
    assert third.written == ("-f", "models/lecture.gd")
    assert fourth.points.table == "models/results.csv"
    assert fifth.gradcheck is not None
    assert (fifth.gradcheck.of, fifth.gradcheck.wrt) == (["J", "v"], ["b"])


def test_an_expectation_knows_its_line(folder: Path) -> None:
    lines = GOOD.splitlines()
    seen = 0
    for check in checks("good.toml", read, open):
        assert isinstance(check, Check)
        assert check.location is not None
        assert lines[check.location.line - 1] == "[[check]]"
        for e in check.comparer.expectations if check.comparer else ():
            if e.location is not None:
                assert e.location.file == "good.toml"
                assert e.quantity.label in lines[e.location.line - 1]
                assert (e.formula or "") in lines[e.location.line - 1]
                assert "#  " not in lines[e.location.line - 1].partition(e.quantity.label)[0]
                seen += 1
    assert seen == 7


def test_paths_are_seen_from_the_check_file(folder: Path) -> None:
    below = folder / "elsewhere"
    below.mkdir()
    result = graphdiff("check", "../good.toml", "--format", "json", cwd=below)
    assert result.status == 0
    broken = GOOD.replace('J = "3*(a + b*c)"', 'J = "4*(a + b*c)"')
    (folder / "good.toml").write_text(broken)
    result = graphdiff("check", "../good.toml", cwd=below)
    assert result.status == 1
    assert "graphdiff check -f ../models/lecture.gd --a=5.0 --b=3.0 --c=2.0 " in result.out


def test_several_files_and_an_invalid_one(folder: Path) -> None:
    (folder / "bad.toml").write_text('[[check]]\nname = "x\n')
    (folder / "wrong.toml").write_text(
        '[[check]]\nname = "w"\nprogram = "2*x"\ninputs.x = 1\nexpect.out = 3\n'
    )
    result = answer("check", "good.toml", "bad.toml", "no.toml", "wrong.toml")
    assert result.status == 2
    assert "error: bad.toml is not valid TOML: illegal character" in result.err
    assert "  bad.toml:2:10 | name = " in result.err
    assert "error: cannot read no.toml: no such file or directory" in result.err
    assert "13 checks: 10 passed, 1 failed, 2 without an answer" in result.out
    assert answer("check", "good.toml", "wrong.toml").status == 1


def test_one_bad_check_does_not_keep_the_others_from_being_made(folder: Path) -> None:
    (folder / "good.toml").write_text(GOOD.replace("'dJ/db = 3*c'", "'dJ/dq = 3*c'"))
    result = answer("check", "good.toml")
    assert result.status == 2
    assert "7 passed, 1 without an answer" in result.out
    assert "the point of the lecture (good.toml:11)\nERROR  the program has no 'q'" in result.out
    assert result.err.splitlines()[1:3] == [
        "  good.toml:11:3 |   'dJ/dq = 3*c',", "                 |   ^^^^^^^^^^^^^",
    ]  # fmt: skip


def test_samples_and_seed_of_the_command_line_win(folder: Path) -> None:
    found = json.loads(answer("check", "good.toml", "--samples", "20", "--seed", "3", "--format", "json").out)
    assert (found["checks"][1]["samples"], found["checks"][1]["seed"]) == (20, 3)
    assert found["passed"] == 10


@pytest.mark.parametrize(
    "options",
    [
        ["--expect", "J=3"],
        ["--rtol", "1"],
        ["--table", "t.csv"],
        ["--gradcheck"],
        ["--equal-nan"],
        ["--set", "a=1"],
    ],
)
def test_other_options_belong_into_the_file(folder: Path, options: list[str]) -> None:
    assert_refused(
        answer("check", "good.toml", *options), f"{options[0]} cannot be combined with a check file"
    )


def test_a_check_file_and_a_program(folder: Path) -> None:
    assert_refused(answer("check", "good.toml", "J=3"), "check files cannot be combined with a program")
    assert_refused(
        answer("check", "good.toml", "-f", "models/lecture.gd"),
        "check files cannot be combined with a program",
    )
    (folder / "model.toml").write_text("J = 3*x")
    assert answer("check", "-f", "model.toml", "--x", "1", "--expect", "J=3").status == 0


# What is wrong in a file, and where.

ONE = '[[check]]\nname = "one"\nprogram = "J=3*x"\n'


@pytest.mark.parametrize(
    ("text", "line", "under", "message", "hint"),
    [
        (ONE + 'expct = ["J=3"]', 4, "expct", "unknown key 'expct'", "did you mean expect?"),
        (
            ONE + 'inputs.x = 1\n"expect " = 3',
            5,
            '"expect "',
            "unknown key 'expect '",
            "did you mean expect?",
        ),
        (
            ONE + "[check.inputs]\nx = 1\n[check.exprct]\nJ = 3",
            6,
            "[check.exprct]",
            "unknown key 'exprct'",
            "expect",
        ),
        (
            ONE + 'expect = [{ that = "J=3", rtoll = 1 }]',
            4,
            "rtoll",
            "unknown key 'rtoll'",
            "did you mean rtol?",
        ),
        ("seeed = 1\n" + ONE + 'expect = "J=3"', 1, "seeed", "unknown key 'seeed'", "did you mean seed?"),
        ("zzz.y = 1\n" + ONE, 1, "zzz.y", "unknown key 'zzz'", "the keys here are rtol,"),
        ("[chekc]\n" + ONE, 1, "[chekc]", "unknown key 'chekc'", "did you mean check?"),
        ("rtol = 1\n", 1, "r", "the file has no 'check'", "[[check]]"),
        ("check = []\n", 1, "check", "'check' is empty", ""),
        ('[[check]]\nprogram="x"\nexpect.out="x"', 1, "[[check]]", "number 1 of 'check' has no 'name'", ""),
        ('[[check]]\nname="n"\nexpect.J=3', 1, "[[check]]", "check 'n' has no program and no file", ""),
        (ONE + 'file="x"\nexpect.J=3', 1, "[[check]]", "check 'one' has both program and file", ""),
        (ONE + "inputs.x = 1", 1, "[[check]]", "has no expect and no table and no gradcheck", ""),
        (ONE + 'expect = "J=3"', 4, "expect", "'expect' must be a list or a table", ""),
        (ONE + "expect = []", 4, "expect", "'expect' is empty", ""),
        (ONE + "expect = {}", 4, "expect", "'expect' is empty", ""),
        (ONE + 'expect = [\n"J=3",\n4]', 6, "4", "number 2 of 'expect' must be text or a table", ""),
        (ONE + "rtol = -1\nexpect.J=3", 4, "rtol", "'rtol' must be at least 0", ""),
        (ONE + "rtol = true\nexpect.J=3", 4, "rtol", "'rtol' must be a number", ""),
        (ONE + "samples = 2.5\nexpect.J=3", 4, "samples", "'samples' must be a whole number", ""),
        (ONE + "samples = 0\nexpect.J=3", 4, "samples", "'samples' must be at least 1", ""),
        (ONE + "expect.J=3\nulp = 1\nrtol=1", 6, "rtol", "'ulp' and 'rtol' cannot be combined", ""),
        (ONE + 'table="t"\ngradcheck=true', 5, "gradcheck", "'table' and 'gradcheck' cannot be combined", ""),
        (ONE + 'expect.J=3\nignore=["t"]', 5, "ignore", "'ignore' needs 'table'", ""),
        (
            ONE + "inputs.x = 1979-05-27 07:32:00\nexpect.J=3",
            4,
            "inputs.x",
            "'x' must be a number or text",
            "",
        ),
        (ONE + "expect.J=3\n\n" + ONE + "expect.J=3", 7, "name", "two checks are named 'one'", ""),
        ("a = 1\na = 2", 2, "", "it.toml is not valid TOML: cannot overwrite a value", ""),
        ("a = ", 1, "", "it.toml is not valid TOML: invalid value", ""),
    ],
)
def test_a_mistake_in_a_file_is_shown_in_it(
    text: str, line: int, under: str, message: str, hint: str
) -> None:
    with pytest.raises(GraphdiffError) as caught:
        check_file(text)
    found = caught.value.diagnostic
    assert message in found.message
    assert hint in found.hint
    assert found.source is not None
    (mark,) = found.marks
    assert found.source.name == "it.toml"
    assert found.source.locate(mark.start)[0] == line
    if under:
        assert found.source.text[mark.start : mark.end] == under


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (ONE + "expect.J=3", 1, "missing input: x"),
        (ONE + 'inputs.x = 1\nexpect = [\n"J=3", \n"J=q"\n]', 7, "uses 'q'"),
        (ONE + 'inputs.x = 1\nexpect = ["J"]', 5, "expected QUANTITY = FORMULA, got 'J'"),
        (ONE + "inputs.x = 1\nexpect.K = 3", 5, "the program has no 'K'"),
        (ONE + "inputs.x = 1\ninputs.y = 1\nexpect.J = 3", 5, "the program has no input 'y'"),
        (ONE + 'inputs.x = "5..1"\nexpect.J = 3', 4, "the range of 'x' is empty"),
        (ONE + 'inputs.x = "z"\nexpect.J = 3', 4, "the value of 'x' is not a number"),
        (ONE + 'expect.J=3\npoints = [\n{x = 1},\n{x = "1..2"}]', 7, "input 'x' of a point is a range"),
        (ONE + "expect.J=3\npoints = [\n{x = 1},\n{}]", 7, "missing input: x"),
        (ONE + "inputs.x = 1\nsamples = 4\nexpect.J = 3", 1, "there is nothing to draw"),
        (ONE + 'inputs.x = 1\ntable = "no.csv"', 5, "cannot read"),
        (ONE + "rtol = nan\ninputs.x = 1\nexpect.J = 3", 1, "rtol must be finite and not negative, got nan"),
        (ONE + "inputs.x = 1\ngradcheck = false", 1, "check 'one' expects nothing"),
        (ONE + 'inputs.x = 1\ngradcheck = true\nwrt = ["q"]', 1, "no input 'q'"),
        ('[[check]]\nname = "f"\nfile = "no.gd"\nexpect.J = 3', 3, "cannot read"),
        ('[[check]]\nname = "f"\nprogram = "J="\nexpect.J = 3', 3, "ends too early"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_check_has_a_line(
    text: str, line: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> Any:
        from graphdiff.diagnostics import Diagnostic, InputProblem

        if path == "it.toml":
            return text
        raise InputProblem(Diagnostic("file", f"cannot read {path}"))

    (found,) = checks("it.toml", refuse, refuse)
    assert isinstance(found, Report)
    assert found.fault is not None
    assert message in found.fault.message
    assert found.location == ("it.toml", line)


def test_a_file_with_windows_lines_and_a_byte_order_mark(folder: Path) -> None:
    (folder / "good.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert answer("check", "good.toml").status == 0
    wrong = GOOD.replace("J = 33", "J = 34").replace("\n", "\r\n")
    (folder / "good.toml").write_bytes(wrong.encode())
    found = json.loads(answer("check", "good.toml", "--format", "json").out)
    assert found["checks"][0]["results"][0]["line"] == 9
    (folder / "good.toml").write_bytes(GOOD.replace("expect = [", "expct = [").replace("\n", "\r\n").encode())
    assert "  good.toml:8:1 | expct = [\n                | ^^^^^" in answer("check", "good.toml").err


def test_a_file_of_default_tolerances_and_samples() -> None:
    text = (
        'samples = 30\nseed = 5\natol = 0\n[[check]]\nname="n"\nprogram="y=x"\ninputs.x="0..1"\nexpect.y="x"'
    )
    (check,) = checks("it.toml", lambda path: text, open)
    assert isinstance(check, Check)
    assert check.comparer is not None
    assert (check.points.size, check.points.seed) == (30, 5)
    assert check.comparer.expectations[0].tolerance.atol == 0


# The schema and the loader say the same.


def test_the_schema_is_one_and_is_printed() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft7Validator.check_schema(schema)
    result = graphdiff("check", "--schema")
    assert (result.status, json.loads(result.out)) == (0, schema)


def described(schema: Any, path: str = "") -> None:
    """Each key that an editor completes has a description, its own or that of what it refers to."""
    for key, value in schema.get("properties", {}).items():
        if path != "expectation" and key not in ("rtol", "atol", "ulp", "equal_nan", "seed"):
            assert value.get("description"), f"{path}.{key}"


def test_an_editor_can_say_what_a_key_means() -> None:
    schema = json.loads(schema_text())
    described(schema)
    for name, definition in schema["definitions"].items():
        described(definition, name)


def test_the_good_file_is_valid() -> None:
    jsonschema.Draft7Validator(json.loads(schema_text())).validate(tomllib.loads(GOOD))


NUMBERS = st.integers(-2, 3) | st.sampled_from([0.0, -0.5, 1e-9, 2.0, 3.5])
TEXTS = st.sampled_from(["", "J", "J = 33", "1..5", "x y", "=", "é\n\\\"'#[{"])
ANYTHING = st.recursive(
    NUMBERS | TEXTS | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def table_of(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table that may have these keys, now and then with an invalid value or an unknown key."""
    optional = {key: st.one_of(value, value, value, value, ANYTHING) for key, value in values.items()}
    known = st.fixed_dictionaries({}, optional=optional)
    strange = st.builds(lambda a, b: {**a, **b}, known, st.dictionaries(TEXTS, ANYTHING, max_size=1))
    return st.one_of(known, known, known, strange)


TOLERANCES: dict[str, st.SearchStrategy[Any]] = {
    "rtol": NUMBERS, "atol": NUMBERS, "ulp": NUMBERS, "equal_nan": st.booleans(),
}  # fmt: skip
POINT = st.dictionaries(st.sampled_from(["a", "b c"]), NUMBERS | TEXTS, max_size=2)
EXPECT = st.lists(TEXTS | table_of(that=TEXTS, **TOLERANCES), max_size=2) | POINT
NAMES = st.lists(TEXTS, max_size=2)
SOUND: dict[str, st.SearchStrategy[Any]] = {
    "inputs": POINT, "points": st.lists(POINT, max_size=2), "expect": EXPECT, "table": TEXTS, "ignore": NAMES,
    "gradcheck": st.booleans(), "of": NAMES, "wrt": NAMES, "samples": NUMBERS, "seed": NUMBERS, **TOLERANCES,
}  # fmt: skip
CHECK = table_of(
    name=st.sampled_from(["one", "two", "three", ""]), program=TEXTS, file=TEXTS, **SOUND
)  # fmt: skip


@st.composite
def nearly_sound(draw: st.DrawFn) -> dict[str, Any]:
    """A file with one check that is as it should be, but for two keys at most."""
    check = {"name": "n", "program": "J=3", "expect": ["J=3"]}
    for key in draw(st.lists(st.sampled_from(sorted(SOUND)), max_size=2)):
        check[key] = draw(SOUND[key])
    top = draw(st.lists(st.sampled_from(sorted(TOLERANCES)), max_size=1))
    return {**{key: draw(TOLERANCES[key]) for key in top}, "check": [check]}


FILE = nearly_sound() | table_of(
    check=st.lists(CHECK, max_size=3), samples=NUMBERS, seed=NUMBERS, **TOLERANCES
)


def written(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def toml(data: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {written(value)}\n" for key, value in data.items())


VALIDATOR = jsonschema.Draft7Validator(json.loads(schema_text()))


def test_schema_and_loader_agree() -> None:
    seen = {True: 0, False: 0}

    @settings(max_examples=1000, deadline=None)
    @given(FILE)
    def agree(data: dict[str, Any]) -> None:
        text = toml(data)
        assert tomllib.loads(text) == data
        entries = data.get("check")
        if isinstance(entries, list):
            names = [entry.get("name") for entry in entries if isinstance(entry, dict)]
            assume(all(names.count(name) == 1 for name in names))  # what a schema cannot say
        valid = VALIDATOR.is_valid(data)
        seen[valid] += 1
        if valid:
            check_file(text)
        else:
            with pytest.raises(GraphdiffError):
                check_file(text)

    agree()
    assert min(seen.values()) > 50, seen


# Where things stand in TOML.


def paths(value: Any, path: TomlPath = ()) -> list[tuple[TomlPath, Any]]:
    """All that a document holds, by path."""
    found = [(path, value)] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += paths(item, (*path, key))
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += paths(item, (*path, number))
    return found


def assert_places(text: str) -> None:
    """Each value stands where it is said to, and each key."""
    found = toml_places(text)
    for path, value in paths(tomllib.loads(text)):
        if path in found.values:
            mark = found.values[path]
            assert tomllib.loads(f"x = {text[mark.start : mark.end]}")["x"] == value, path
        else:
            assert isinstance(value, (dict, list)), path
        key = path[-1]
        if isinstance(key, str):
            mark = found.keys[path]
            assert key in text[mark.start : mark.end] or json.dumps(key) in text[mark.start : mark.end], path


@settings(max_examples=300, deadline=None)
@given(FILE)
def test_places_of_any_document(data: dict[str, Any]) -> None:
    assert_places(toml(data))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        'a = """x\n\\"""y"""""\nb = 1',
        "a = '''[x]\n# '''''\nb = [1, # ]\n '2', {c = 3}]\n[d.\"e.f\".g]\nh=1",
        "[[a]]\n[[a.b]]\nc = 1\n[[a.b]]\nc = 2\n[a.d]\ne = 3\n[[a]]\n[[a.b]]\nc = 4",
        "a.b.c = 1\na.b.d = 2\n",
        "a = [[1, 2], [], [[3]]]\nb = { c = { d = [ { e = 1 } ] } }",
        "a = 1979-05-27 07:32:00\nb = 1.5e-3 # x\nc=inf",
        "# only this",
        "",
        "a = '' # [x]\r\nb = \"#\"\r\n[c] # d\r\ne = 'f'",
    ],
)
def test_places_in_toml(text: str) -> None:
    assert_places(text)


def test_messages_point_at_the_line_in_the_file(folder: Path) -> None:
    """Also inside a string of several lines, and of an operation that is undefined at a point."""
    (folder / "lines.toml").write_text(
        '''[[check]]
name = "a"
program = """
u = b*c
v = 3 $ u
"""
expect = { v = 1 }
[[check]]
name = "b"
program = "y = 2*(x"
expect = { y = 1 }
[[check]]
name = "c"
program = """u = x - 3

y = log(u)"""
inputs = { x = 2 }
expect = { y = 1 }
''',
        encoding="utf-8",
    )
    err = graphdiff("check", "lines.toml", cwd=folder).err
    assert "lines.toml:5:7 | v = 3 $ u\n" in err
    assert "lines.toml:10:18 | y = 2*(x\n" in err
    assert "lines.toml:16:5 | y = log(u)\n" in err


def test_a_file_that_cannot_be_read_is_said_once(folder: Path) -> None:
    result = graphdiff("check", "nowhere.toml", cwd=folder)
    assert (result.out + result.err).count("no such file") == 1
    assert result.status == 2
