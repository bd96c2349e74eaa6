"""`graphdiff check --table`: results of another program, row by row."""

from __future__ import annotations

import json
import random
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shell import GRAPHDIFF, LECTURE, answer, assert_refused, environment, graphdiff

from graphdiff.checking import MOST_KEPT, Expectation, Row
from graphdiff.checking.formulas import ExpectedFormulas
from graphdiff.checking.screening import LEAST_SCREENED, MOST_NUMBERS, MOST_ROWS, Screening, block_size
from graphdiff.derivatives.quantities import Probe, Quantity
from graphdiff.parsing import parse
from graphdiff.sweep import backpropagate, evaluate
from graphdiff.views.report.text import MOST_MISMATCHES

HEADER = ["a", "b", "c", "J", "dJ/da", "dJ/db", "d2J/db dc"]


def right(a: float, b: float, c: float) -> list[float]:
    """The lecture's example, computed by somebody else."""
    return [a, b, c, 3 * (a + b * c), 3.0, 3 * c, 3.0]


def rows(count: int, seed: int = 0) -> list[list[float]]:
    draw = random.Random(seed).random
    return [right(10 * draw(), 10 * draw() - 5, draw()) for _ in range(count)]


def csv(table: list[list[Any]], header: list[str] = HEADER, separator: str = ",", end: str = "\n") -> str:
    lines = [header, *[[cell if isinstance(cell, str) else repr(cell) for cell in row] for row in table]]
    return "".join(separator.join(line) + end for line in lines)


def json_lines(table: list[list[Any]], header: list[str] = HEADER) -> str:
    return "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in table)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run check on a table of this text; the file's name is table.csv."""
    monkeypatch.chdir(tmp_path)

    def run(text: str | bytes, *options: str, name: str = "table.csv", program: str = LECTURE) -> Any:
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return answer("check", program, "--table", name, *options)

    return run


def results(result: Any) -> list[Any]:
    return list(json.loads(result.out)["checks"][0]["results"])


@pytest.mark.parametrize("write", [csv, json_lines])
@pytest.mark.parametrize("count", [1, 63, 64, 8192, 10_000])
def test_a_right_table_passes(table: Any, write: Any, count: int) -> None:
    name = "t.csv" if write is csv else "t.ndjson"
    found = table(write(rows(count)), "--format", "json", name=name)
    assert (found.status, found.err) == (0, "")
    assert [(r["quantity"], r["compared"], r["failed"]) for r in results(found)] == [
        (what, count, 0) for what in HEADER[3:]
    ]


@pytest.mark.parametrize("write", [csv, json_lines])
def test_every_mismatch_is_reported_with_its_row_and_line(table: Any, write: Any) -> None:
    wrong = rows(5000)
    places = {7: 3, 8: 5, 4999: 6, 0: 4}  # row (from 0) and column
    for row, column in places.items():
        wrong[row][column] += 1e-3
    name = "t.csv" if write is csv else "t.jsonl"
    found = table(write(wrong), name=name)
    assert found.status == 1
    first = 2 if write is csv else 1
    said = re.findall(r"^t\.\w+:(\d+): row (\d+): (.*?): expected (\S+), computed (\S+), ", found.out, re.M)
    assert [(int(line), int(row), what) for line, row, what, *_ in said] == [
        (row + first, row + 1, HEADER[places[row]]) for row in sorted(places)
    ]
    assert "4 checks: 4 failed" in found.out
    again = results(table(write(wrong), "--format", "json", name=name))
    assert [[m["row"] for m in r["mismatches"]] for r in again] == [[8], [1], [9], [5000]]
    assert [r["worst"]["line"] for r in again] == [8 - 1 + first, first, 8 + first, 4999 + first]


def test_the_worst_of_each_column_is_shown_and_can_be_shown_again(table: Any) -> None:
    wrong = rows(100)
    wrong[3][3] += 0.1
    wrong[50][3] += 5.0
    wrong[70][3] += 0.1
    found = table(csv(wrong))
    assert "the worst is row 51, line 52" in found.out
    (line,) = re.findall("graphdiff check .*", found.out)
    done = subprocess.run(["sh", "-c", line], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert repr(wrong[50][3]) in line


def test_the_report_is_the_same_with_and_without_numpy(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = rows(3000)
    for row in range(0, 3000, 7):
        wrong[row][3] *= 1 + 10.0 ** -(row % 12)
    wrong[5][4] = float("inf")
    text = csv(wrong)
    program = "J=3*v; v=a+u; u=b*c + 0*asin(a/10)*log(b^2)"
    with_numpy = table(text, "--format", "json", program=program)
    assert with_numpy.status == 1
    monkeypatch.setitem(sys.modules, "numpy", None)  # as if it were not installed
    assert table(text, "--format", "json", program=program) == with_numpy


def test_inputs_that_the_table_does_not_have_come_from_options(table: Any) -> None:
    text = csv([[3.0, 15.0]], ["b", "J"])
    assert table(text, "--a", "-1", "--set", "c=2").status == 0
    assert_refused(table(text, "--a", "-1"), "missing input: c")
    assert_refused(table(text, "--a", "-1", "--b", "3", "--c", "2"), "'b' is given twice")
    assert_refused(table(text, "--a", "-1..1", "--c", "2"), "a range cannot be combined with a table")


def test_formulas_and_columns_together(table: Any) -> None:
    found = table(csv(rows(80)), "--expect", "dJ/dc = 3*b", "--expect", "J = 3*u", "--format", "json")
    assert [r["failed"] for r in results(found)] == [0, 0, 0, 0, 0, 80]


def test_unused_columns_are_reported_once(table: Any) -> None:
    text = csv([["x", *row, "y"] for row in rows(200)], ["run", *HEADER, "note"])
    found = table(text)
    assert found.status == 0
    assert found.err == "notice: columns of table.csv that are not used: run, note\n"


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        ("dJ/dA", "did you mean a?"), ("dj/da", "did you mean J?"), ("dJ/dq", "its names are"),
        ("a/b", "dJ/db"),
        ("dJ_da", "did you mean dJ/da?"), ("du_db", "did you mean du/db?"), ("j", "did you mean J?"),
        ("U", "did you mean u?"),
    ],
)  # fmt: skip
def test_a_column_that_looks_like_a_mistyped_quantity_is_refused(table: Any, column: str, hint: str) -> None:
    text = csv([[*right(1, 2, 3)[:3], 21.0, 1.0]], ["a", "b", "c", "v" if column == "j" else "J", column])
    if column != "j":
        assert_refused(table(text), column, hint)
        assert table(text, "--ignore", column).status == 0
    else:
        assert_refused(table(text), column, hint)


@pytest.mark.parametrize(
    "text",
    [
        "# a b c J\n5.0e+00 3.0e+00 2.0e+00 3.3e+01\n",  # numpy.savetxt(path, rows, header="a b c J")
        "# a b c J\n5 3 2 33\n# the end\n",
        "  a    b   c   J\n 5.   3.  2.  33.\n",
        " a b c J\n 5.0D+00 3.0D0 0.2D1 0.33D+02\n",
        "a,b,c,J\n5.0d+00,3,2,3.3D+01\n",
    ],
)
def test_tables_of_blanks_and_of_fortran_are_read(table: Any, text: str) -> None:
    """Each cell where it belongs: the right result passes, and a wrong one does not."""
    assert table(text).status == 0
    wrong = text.replace("5.", "6.").replace("\n5 ", "\n6 ")
    assert wrong != text
    assert table(wrong).status == 1


def test_an_exponent_of_three_digits_as_fortran_writes_it(table: Any) -> None:
    assert table("x,y\n1.5-100,3.0D-100\n1.5+100,3.0+100\n", program="y = 2*x").status == 0
    assert table("x,y\n1.5+100,3.1D+100\n", program="y = 2*x").status == 1


def test_a_long_name_nearly_as_one_of_the_programs(table: Any) -> None:
    text = csv([[1.0, 2.0, 2.0]], ["length", "widht", "area"])
    options = ("--width", "2")
    program = "area = length*width"
    assert_refused(table(text, *options, program=program), "'widht'", "did you mean width?")
    assert table(text, *options, "--ignore", "widht", program=program).status == 0
    assert_refused(table(text, *options, "--ignore", "wide", program=program), "no column 'wide' to ignore")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b,c,J\n5,3,2\n", ("table.csv:2", "row 1 has 3 of 4 cells", "column J is missing")),
        ("a,b,c,J\n5,3,2,33\n5,3,2,33,1\n", ("table.csv:3", "row 2 has 5 cells", "4 columns")),
        ("a,b,c,J\n5,3,2,33\n5,x,2,33\n", ("table.csv:3", "row 2: column b is not a number: x")),
        ("a,b,c,J\n5,3,2,\n", ("row 1: column J is empty",)),
        ("a,b,c,J\n5,3,2,1_000\n", ("row 1: column J is not a number: 1_000",)),
        ("a,b,c,J\n5,3,2,1e999\n", ("row 1: column J is beyond the largest",)),
        ("a;b;c;J\n5;3;2;33,0\n", ("row 1: column J is not a number: 33,0", "use a decimal point")),
        ('a,b,c,J\n5,3,2,"33\n', ("table.csv:2", "unexpected end")),
        ("a,b,c,J,J\n5,3,2,33,33\n", ("two columns 'J'",)),
        ("a,b, a,J\n5,3,2,33\n", ("two columns 'a'",)),
        ("", ("table.csv is empty",)), ("\n  \n", ("table.csv is empty",)),
        ("a,b,c,J\n", ("table.csv has no rows",)),
        ("a,b,c,note\n5,3,2,x\n", ("expects nothing", "name a column J")),
        ("5,3,2,33\n5,3,2,33\n", ("the first line of table.csv has numbers", "a,b,J,dJ/da")),
        (b"a,b,c,J\n5,3,2,\xff\n", ("not UTF-8: byte 0xff",)), (b"\xff\xfea\0,\0", ("not UTF-8",)),
        (b"a,b,c,J\n5,3,2,\x0033\n", ("row 1",)),
    ],
)  # fmt: skip
def test_an_invalid_table_is_refused(table: Any, text: str | bytes, words: tuple[str, ...]) -> None:
    result = table(text)
    assert result.status == 2
    for word in words:
        assert word in result.err
    assert result.err.count("error: ") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":5,"b":3,"c":2,"J":33}\n{"a":5,"b":3,"J":33}\n', (":2: row 2: column c is missing",)),
        ('{"a":5,"b":3,"c":2,"J":33}\n\n{"a":5,"b":3,"c":2,"J":33,"K":1}', (":3: row 2 has a column 'K'",)),
        ('{"a":5,"b":3,"c":2,"J":true}', ("column J is not a number: true",)),
        ('{"a":5,"b":3,"c":2,"J":null}', ("column J is not a number: null",)),
        ('{"a":5,"b":3,"c":2,"J":[1]}', ("column J is not a number: a list",)),
        ('{"a":5,"b":3,"c":2,"J":{}}', ("column J is not a number: an object",)),
        ('{"a":5,"b":3,"c":2,"J":"x"}', ("column J is not a number: x",)),
        ('{"a":5,"b":3,"c":2,"J":1e999}', ("column J is beyond the largest",)),
        ('{"a":5,"b":3,"c":2,"J":' + "9" * 400 + "}", ("column J is beyond the largest",)),
        ('{"a":5,"a":3,"c":2,"J":1}', (":1: 'a' is given twice",)),
        ('{"a":5,\n"b":3}', (":1: expecting property name",)),
        ("[1]", (":1: not an object", "one object a line")),
        ('{"a":5} {"a":6}', (":1: extra data",)), ("[" * 100_000, (":1: ",)),
    ],
)  # fmt: skip
def test_invalid_json_lines_are_refused(table: Any, text: str, words: tuple[str, ...]) -> None:
    result = table(text, name="t.jsonl")
    assert result.status == 2
    for word in words:
        assert word in result.err
    assert result.err.count("error: ") == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfa,b,c,J\r\n5,3,2,33\r\n", b"a;b;c;J\r\n5;3;2;33\r\n", b"a\tb\tc\tJ\n5\t3\t2\t33\n",
        b'"a", "b", c ,J\n"5", "3", 2 ,33.0e0', b"\n\na,b,c,J\n\n5,3,2,33\n\n", b",a,b,c,J,\n0,5,3,2,33,\n",
        b"# a,b,c,J\n5,3,2,33\n", b"J,c,b,a\n33,2,3,5\n", b'a,b,c,J,"no\nte"\n5,3,2,33,"x\ny"\n',
        b'{"a": 5, "b": 3, "c": 2, "J": "33"}', b'\xef\xbb\xbf \n{"a": 5, "b": 3.0, "c": 2, "J": 33}\r\n',
    ],
)  # fmt: skip
def test_tables_as_other_programs_write_them(table: Any, text: bytes) -> None:
    for result in (
        table(text, name="t.dat"),
        answer("check", LECTURE, "--table", "-", stdin=text),
        table(text, "--table-format", "jsonl" if b"{" in text else "csv", name="t.txt"),
    ):
        assert result.status == 0, result
        assert "1 check: 1 passed" in result.out


def test_the_line_of_a_row_after_cells_of_several_lines(table: Any) -> None:
    text = 'a,b,c,J,note\n5,3,2,33,"one\ntwo"\n\n5,3,2,34,x\n'
    assert "table.csv:5: row 2: J: expected 34, computed 33, " in table(text).out


def test_numbers_that_are_not_finite(table: Any) -> None:
    text = csv([["0", "inf", "0"], ["4", "0.25", "2"]], ["x", "dy/dx", "y"])
    assert table(text, program="y = sqrt(x)").status == 0
    text = csv([["-1", "nan", "NaN"], ["nan", "nan", "-nan"]], ["x", "dy/dx", "y"])
    assert table(text, program="y = sqrt(x)").status == 1
    assert table(text, "--equal-nan", program="y = sqrt(x)").status == 0
    infinite = csv([["1", "Infinity", "-inf"]] * 100, ["x", "dy/dx", "y"])
    assert [r["failed"] for r in results(table(infinite, "--format", "json", program="y=x"))] == [100, 100]


def test_rows_without_a_value_are_mismatches_and_counted(table: Any) -> None:
    text = csv([[x, 1 / x] for x in (1.0, -1.0, 2.0, -2.0, -4.0)], ["x", "dy/dx"])
    found = table(text, program="y = log(x)")
    assert found.status == 1
    assert (
        "table.csv:3: row 2: dy/dx: expected -1, but dy/dx has no value: 'log(x)' is undefined" in found.out
    )
    assert "the worst is row 2, line 3; 3 have no value" in found.out
    (result,) = results(table(text, "--format", "json", program="y = log(x)"))
    assert (result["compared"], result["failed"], result["without_value"]) == (5, 3, 3)


def test_a_table_that_breaks_off_does_not_pass_but_its_mismatches_are_reported(table: Any) -> None:
    text = csv([*rows(10), *[right(1, 2, 3)[:3] + ["x"] * 4]])
    result = table(text)
    assert result.status == 2
    assert "1 check: 1 without an answer" in result.out
    wrong = rows(10)
    wrong[4][3] = 0.0
    result = table(csv([*wrong, *[right(1, 2, 3)[:3] + ["x"] * 4]]))
    assert "table.csv:6: row 5: J" in result.out
    assert (result.status, "1 failed, 1 without an answer" in result.out) == (2, True)


def test_options_that_exclude_one_another(table: Any) -> None:
    text = csv(rows(1))
    assert_refused(table(text, "--samples", "3"), "--table cannot be combined with --samples")
    assert_refused(table(text, "--gradcheck"), "--table cannot be combined with --gradcheck")
    assert_refused(answer("check", LECTURE, "--ignore", "x", "--expect", "J=3"), "--ignore needs --table")
    for program, more in (("-", []), (LECTURE, ["--inputs", "-"])):
        assert_refused(answer("check", program, "--table", "-", *more), "standard input cannot be both")
    assert_refused(answer("check", LECTURE, "--table", "no such file.csv"), "cannot read no such file.csv")


def test_the_real_command_reads_a_table_from_a_pipe() -> None:
    assert graphdiff("check", LECTURE, "--table", "-", stdin=csv(rows(100))).status == 0
    assert graphdiff("check", LECTURE, "--table", "-", stdin=json_lines(rows(100))).status == 0


def test_mismatches_come_as_they_are_found() -> None:
    command: list[str | Path] = [GRAPHDIFF, "check", LECTURE, "--table", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        wrong = rows(20_000)
        wrong[100][3] += 1
        process.stdin.write(csv(wrong))
        process.stdin.flush()
        assert process.stdout.readline().startswith("standard input:102: row 101: J: ")
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 1


def peak_of_check(path: Path, program: str = LECTURE, *options: str) -> tuple[int, str, float]:
    """Status, the last line, and the peak of memory in megabytes, of a process of its own."""
    code = (
        "import resource, subprocess, sys;"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
        "print((done.stdout.splitlines() or [done.stderr])[-1])"
    )
    command: list[str | Path] = [
        sys.executable,
        "-c",
        code,
        GRAPHDIFF,
        "check",
        program,
        "--table",
        path,
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    (status, peak), last = done.stdout.splitlines()[0].split(), done.stdout.splitlines()[1]
    unit = 1024 if sys.platform != "darwin" else 1024**2
    return int(status), last, int(peak) / unit


def write_table(path: Path, count: int, wrong: int) -> None:
    """A table of which each `wrong`-th row has a wrong number."""
    draw = random.Random(3).random
    with path.open("w") as file:
        file.write(",".join(["run", *HEADER]) + "\n")
        for k in range(count):
            row = right(draw(), draw(), draw())
            if k % wrong == 0:
                row[3] += 1.0
            file.write(",".join([str(k), *map(repr, row)]) + "\n")


def test_a_table_of_a_hundred_thousand_rows_in_little_memory(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", 100_000, 50)
    status, last, peak = peak_of_check(tmp_path / "t.csv")
    assert (status, last) == (1, "4 checks: 3 passed, 1 failed")
    assert peak < 150


@pytest.mark.campaign
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_table_of_a_million_rows_within_300_megabytes(tmp_path: Path, form: str) -> None:
    write_table(tmp_path / "t.csv", 1_000_000, 20)
    status, _, peak = peak_of_check(tmp_path / "t.csv", LECTURE, "--format", form)
    assert status == 1
    assert peak < 300


def test_rows_without_a_value_leave_nothing_behind(tmp_path: Path) -> None:
    write_table(tmp_path / "few.csv", 3_000, 10)
    write_table(tmp_path / "many.csv", 15_000, 10)
    program = "J = 3*v; v = a+u; u = log(b*c-1)"
    few, many = (peak_of_check(tmp_path / name, program)[2] for name in ("few.csv", "many.csv"))
    # A kilobyte for each row that was forgotten would be 12 megabytes.
    assert many - few < 8 + 10_000 / MOST_KEPT


def test_peak_is_measured(tmp_path: Path) -> None:
    """The measure above sees memory that is used."""
    code = "import resource; x = bytearray(200_000_000); print(resource.getrusage(0).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    unit = 1024 if sys.platform != "darwin" else 1024**2
    assert int(done.stdout) / unit > 190
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0


def test_of_many_wrong_rows_some_are_printed_and_all_are_counted(table: Any) -> None:
    wrong = rows(200)
    for row in wrong:
        row[3] += 1.0
    found = table(csv(wrong))
    assert len(re.findall(r"^table\.csv:\d+: row \d+: J: ", found.out, re.M)) == MOST_MISMATCHES
    assert f"{200 - MOST_MISMATCHES} more mismatches are not shown" in found.out
    assert "FAIL   200/200" in found.out
    (result, *_) = results(table(csv(wrong), "--format", "json"))
    assert len(result["mismatches"]) == 200


def test_quiet_prints_nothing_but_errors(table: Any) -> None:
    wrong = rows(3)
    wrong[0][3] += 1.0
    assert table(csv(rows(3)), "--quiet") == (0, "", "")
    assert table(csv(wrong), "--quiet", "--report", "r.txt") == (1, "", "")
    assert "4 checks: 3 passed, 1 failed" in Path("r.txt").read_text()
    assert (
        "row 3: column J is not a number"
        in table(csv([*rows(2), [*rows(1)[0][:3], *["x"] * 4]]), "--quiet").err
    )


def test_rows_are_screened_in_blocks_that_fit_into_memory() -> None:
    for definitions in (1, 100, 20_000):
        program = "; ".join([f"d{k} = {'x' if not k else f'd{k - 1}'} + 1" for k in range(definitions)])
        probe = Probe(parse(program), [Quantity(f"d{definitions - 1}", ("x",))])
        numbers = 2 * len(probe.graph) * block_size(probe)  # a value and an adjoint of each node
        assert numbers <= MOST_NUMBERS or block_size(probe) == LEAST_SCREENED
        assert block_size(probe) <= MOST_ROWS


def test_a_large_program_and_many_rows_in_little_memory(tmp_path: Path) -> None:
    definitions = ["d0 = a + b", *[f"d{k} = d{k - 1} + sin(d{k - 1})*0.001*a" for k in range(1, 1500)]]
    (tmp_path / "t.csv").write_text(
        "a,b,d0\n" + "".join(f"{k / 3000},1,{1 + k / 3000!r}\n" for k in range(3000))
    )
    status, _, peak = peak_of_check(tmp_path / "t.csv", "\n".join(definitions))
    assert status == 0
    assert peak < 250  # 8,192 rows at once would be 400 for the values alone


@pytest.mark.parametrize(
    ("program", "left"),
    [
        ("y = exp(x)*1e-300", [-50.0, -800.0, 800.0]), ("y = 1/exp(x)", [-800.0, 400.0, 800.0]),
        ("y = (x*1e-200)*1e-200", [-50.0, -800.0, 0.0, 1.0, 400.0, 800.0]), ("y = erfc(x)", [400.0, 800.0]),
        ("y = x^2", []),
    ],
)  # fmt: skip
def test_rows_that_leave_binary64_on_the_way_are_not_screened(program: str, left: list[float]) -> None:
    graph = parse(program)
    expected = Expectation(Quantity("y", ("x",)), None)
    probe = Probe(graph, [expected.quantity])
    points = [{"x": x} for x in (-50.0, -800.0, 0.0, 1.0, 400.0, 800.0)]
    slopes = [backpropagate(evaluate(graph, point), "y")["x"] for point in points]
    found = [Row(k, point, [slope]) for k, (point, slope) in enumerate(zip(points, slopes, strict=True))]
    doubtful = Screening(probe, ExpectedFormulas(graph, [expected])).doubtful(found, sampled=False)
    assert {row.inputs["x"] for row in doubtful} >= set(left)
    assert left or not doubtful
