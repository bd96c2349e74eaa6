"""The table of rules: one row for each operation and function of the language.

A row's formulas are text in graphdiff's own language, over the parameters and `y`,
the node's own value, already computed. So a row runs in every arithmetic, and is
what the documentation, the messages and the tests read. A row with a `value` is all
that a function needs: every arithmetic and every language of `derive --to` has it from
that formula. One without is a primitive: each arithmetic and language has it by name.

The formulas are chosen for accuracy at the far ends of binary64, also when they are
differentiated again: tanh' is sech(x)^2 and not 1 - y^2, which is 0 from x = 20 on, nor
1/cosh(x)^2, which overflows on the way, nor a product of sigmoids, whose derivative
cancels near 0. Some functions are there for this: oneminussq(x) is 1 - x^2, which does not
cancel near 1 in (1 - x)*(1 + x), nor near 0 in its derivative -2*x; unit(x, r) is
x/hypot(x, r), whose derivative has no 1 - (x/y)^2; and the n-th derivatives of exprel,
bernoulli and sinc are functions with n as a parameter, as those of digamma are. The
derivatives themselves are those of the NIST Digital Library of Mathematical Functions,
chapters 4 (elementary functions), 5 (gamma) and 7 (error functions).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any


class Rule:
    """One row: how an operation is written, its value, its partials, domain and kinks.

    parameters: the names of the arguments, in order. A variadic rule has one, `x`,
        which stands for each of its arguments in turn.
    partials: for each parameter the formula of d(value)/d(parameter), or None where
        the value is locally constant in it (a step function): no contribution.
    shown: for each parameter the partial as textbooks have it, for explanations, where that is
        not the formula to compute with.
    value: the formula of the value, or None for a primitive.
    taken: for each parameter the condition under which it contributes at all, or
        None for always. An argument that is not taken has no contribution, which
        is not the same as a contribution of 0.
    lazy: whether the *value* depends only on the arguments that are taken.
    domain: where the value is defined, or "" for everywhere.
    kinks: where the derivative is one choice of several, or "" for nowhere.
    kinked: for each parameter the condition under which moving it alone meets a kink
        there, or None for always.
    infix: the operator, of a rule that is not written as a call. also: other names.
    call: what a program calls it, where rules for other numbers of arguments are called so too.
    latex: the function's name in LaTeX, or the whole call with `%s` for its argument.
    truth: whether the value is 1 for true and 0 for false. is_literal: see `literal`.

    In the formulas of a variadic rule `ties` is the number of arguments equal to y, `others`
    the row's value of all arguments but x, and `share` the part of e^x in the sum of all such.
    Rules are compared by identity.
    """

    __slots__ = (
        "also", "call", "domain", "infix", "is_literal", "kinked", "kinks", "latex", "lazy", "name",
        "parameters", "partials", "piece", "shown", "taken", "truth", "value", "variadic",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        parameters: str,
        partials: Sequence[str | None],
        *,
        shown: Sequence[str | None] = (),
        value: str | None = None,
        taken: Sequence[str | None] = (),
        lazy: bool = False,
        domain: str = "",
        kinks: str = "",
        kinked: Sequence[str | None] = (),
        piece: str = "",
        infix: str = "",
        also: Sequence[str] = (),
        call: str = "",
        latex: str = "",
        truth: bool = False,
        is_literal: bool = False,
    ) -> None:
        self.name = name
        self.variadic = parameters.endswith("...")
        self.parameters = tuple(parameters.removesuffix("...").split())
        self.partials = tuple(partials)
        self.shown = tuple(shown) or self.partials
        self.value = value
        self.taken = tuple(taken) or (None,) * len(self.partials)
        self.lazy = lazy
        self.domain = domain
        self.kinks = kinks
        self.kinked = tuple(kinked)
        self.piece = piece
        self.infix = infix
        self.also = tuple(also)
        self.call = call or name
        self.latex = latex or rf"\operatorname{{{name}}}"
        self.truth = truth
        self.is_literal = is_literal

    def __repr__(self) -> str:
        return f"<Rule {self.signature}>"

    @property
    def signature(self) -> str:
        """How it is written in a program: `sqrt(x)`, `a + b`, `max(x, ...)`."""
        return self.written([*self.parameters, "..."] if self.variadic else self.parameters)

    def written(self, arguments: Sequence[str]) -> str:
        """How it is written of these arguments."""
        if self.infix and len(arguments) == 1:
            return f"{self.infix} {arguments[0]}".replace("- ", "-")
        if self.infix:
            return f" {self.infix} ".join(arguments).replace(" ^ ", "^")
        return f"{self.call}({', '.join(arguments)})"

    @staticmethod
    @cache
    def literal(text: str) -> Rule:
        """The rule of a number or a built-in constant, by its text; it has no parameters."""
        return Rule(text, "", (), is_literal=True)

    def __reduce__(self) -> Any:
        """A row of the table stays that row in another process: it is known by identity."""
        if self.is_literal:
            return Rule.literal, (self.name,)
        return (_row, (self.name,)) if BY_NAME.get(self.name) is self else super().__reduce_ex__(2)

    def accepts(self, count: int) -> bool:
        """Whether it can be called with this number of arguments."""
        return count >= 1 if self.variadic else count == len(self.parameters)


OPERATORS = (
    Rule("add", "a b", ["1", "1"], infix="+"),
    Rule("sub", "a b", ["1", "-1"], infix="-"),
    Rule("mul", "a b", ["b", "a"], infix="*"),
    Rule("div", "a b", ["1/b", "-y/b"], infix="/", domain="b != 0"),
    Rule("neg", "x", ["-1"], infix="-"),
    # Of a negative a and a huge b the power b - 1 would be rounded, to a number that may be even as b is.
    Rule("pow", "a b",
         ["where(b == 0 and a == 0, 0, where(-1e15 < b < 1e15 or a >= 0, b*a^(b - 1), b*y/a))",
          "where(a == 0 and b > 0, 0, y*log(a))"],
         infix="^", domain="a > 0 or a == 0 and b >= 0 or a < 0 and b == floor(b)", also=["pow"],
         piece="a > 0 or b >= 0"),
    Rule("lt", "a b", [None, None], infix="<", kinks="a == b", truth=True),
    Rule("le", "a b", [None, None], infix="<=", kinks="a == b", truth=True),
    Rule("gt", "a b", [None, None], infix=">", kinks="a == b", truth=True),
    Rule("ge", "a b", [None, None], infix=">=", kinks="a == b", truth=True),
    Rule("eq", "a b", [None, None], infix="==", kinks="a == b", truth=True),
    Rule("ne", "a b", [None, None], infix="!=", kinks="a == b", truth=True),
    Rule("not", "a", [None], infix="not", truth=True),
    Rule("and", "a b", [None, None], infix="and", taken=[None, "a"], lazy=True, truth=True),
    Rule("or", "a b", [None, None], infix="or", taken=[None, "not a"], lazy=True, truth=True),
    Rule("copy", "x", ["1"], infix="="),
    Rule("truth", "x", [None], value="x != 0", kinks="x == 0", truth=True),
)  # fmt: skip

ORDER = "0 <= n <= 100 and n == floor(n)"  # of a derivative

FUNCTIONS = (
    Rule("exp", "x", ["y"], latex=r"\exp"),
    Rule("exp2", "x", ["y*log(2)"], value="2^x"),
    Rule("expm1", "x", ["exp(x)"]),
    Rule("exprel", "x", ["dexprel(1, x)"], value="dexprel(0, x)", latex=r"\operatorname{exprel}"),
    Rule("dexprel", "n x", [None, "dexprel(n + 1, x)"], domain=ORDER, latex=r"\operatorname{exprel}"),
    Rule("bernoulli", "x", ["dbernoulli(1, x)"], value="dbernoulli(0, x)", latex=r"\operatorname{B}"),
    Rule("dbernoulli", "n x", [None, "dbernoulli(n + 1, x)"], domain=ORDER, latex=r"\operatorname{B}"),
    Rule("log", "x", ["1/x"], domain="x > 0", also=["ln"], latex=r"\ln"),
    Rule("logbase", "x base", ["1/(x*log(base))", "-y/(base*log(base))"], call="log",
         value="where(base == 10, log10(x), where(base == 2, log2(x), "
               "where(base > 0, log(x), inf)/log(base)))",
         domain="x > 0 and base > 0 and base != 1", piece="base > 1"),
    Rule("xlogy", "x z", ["log(z)", "where(z == 0, 0, x/z)"], value="where(x == 0, 0, x*log(z))",
         domain="z > 0 or x == 0"),
    Rule("log2", "x", ["1/(x*log(2))"], domain="x > 0", latex=r"\log_{2}"),
    Rule("log10", "x", ["1/(x*log(10))"], domain="x > 0", latex=r"\log_{10}"),
    Rule("log1p", "x", ["1/(1 + x)"], domain="x > -1"),
    Rule("sqrt", "x", ["1/(2*y)"], domain="x >= 0"),
    Rule("cbrt", "x", ["1/(3*y^2)"], latex=r"\sqrt[3]{%s}"),
    Rule("abs", "x", ["sign(x)"], kinks="x == 0", latex=r"\left|%s\right|"),
    Rule("sign", "x", [None], kinks="x == 0"),
    Rule("floor", "x", [None], kinks="x == floor(x)", latex=r"\left\lfloor %s\right\rfloor"),
    Rule("ceil", "x", [None], kinks="x == floor(x)", latex=r"\left\lceil %s\right\rceil"),
    Rule("trunc", "x", [None], value="where(x < 0, ceil(x), floor(x))", kinks="x != 0 and x == floor(x)"),
    Rule("round", "x", [None], kinks="x - floor(x) == 0.5"),
    Rule("sin", "x", ["cos(x)"], latex=r"\sin"),
    Rule("sinc", "x", ["dsinc(1, x)"], value="dsinc(0, x)"),
    Rule("dsinc", "n x", [None, "dsinc(n + 1, x)"], domain=ORDER, latex=r"\operatorname{sinc}"),
    Rule("cos", "x", ["-sin(x)"], latex=r"\cos"),
    Rule("tan", "x", ["1 + y^2"], latex=r"\tan", piece="floor(x/pi + 0.5)"),
    Rule("sec", "x", ["y*tan(x)"], value="1/cos(x)", latex=r"\sec", piece="floor(x/pi + 0.5)"),
    Rule("csc", "x", ["-y*cot(x)"], value="1/sin(x)", domain="sin(x) != 0", latex=r"\csc",
         piece="floor(x/pi)"),
    Rule("cot", "x", ["-(1 + y^2)"], value="cos(x)/sin(x)", domain="sin(x) != 0", latex=r"\cot",
         piece="floor(x/pi)"),
    Rule("asin", "x", ["1/sqrt(oneminussq(x))"], shown=["1/sqrt(1 - x^2)"],
         domain="-1 <= x <= 1", latex=r"\arcsin"),
    Rule("acos", "x", ["-1/sqrt(oneminussq(x))"], shown=["-1/sqrt(1 - x^2)"],
         domain="-1 <= x <= 1", latex=r"\arccos"),
    Rule("atan", "x", ["(1/hypot(x, 1))^2"], shown=["1/(1 + x^2)"], latex=r"\arctan"),
    Rule("atan2", "a b", ["unit(b, a)/hypot(a, b)", "-unit(a, b)/hypot(a, b)"],
         shown=["b/(a^2 + b^2)", "-a/(a^2 + b^2)"],
         kinks="a == 0 and b <= 0",
         piece="(a >= 0 or b > 0) + 2*(a == 0 and b <= 0)"),
    Rule("sinh", "x", ["cosh(x)"], latex=r"\sinh"),
    Rule("cosh", "x", ["sinh(x)"], latex=r"\cosh"),
    Rule("tanh", "x", ["sech(x)^2"], latex=r"\tanh"),
    Rule("sech", "x", ["-y*tanh(x)"], value="2*exp(-abs(x))/(1 + exp(-2*abs(x)))"),
    Rule("csch", "x", ["-y*coth(x)"], value="where(x < 0, 2*exp(x)/expm1(2*x), 2*exp(-x)/-expm1(-2*x))",
         domain="x != 0",
         piece="x > 0"),
    Rule("coth", "x", ["-csch(x)^2"], value="1/tanh(x)", domain="x != 0", piece="x > 0"),
    Rule("asinh", "x", ["1/hypot(x, 1)"]),
    Rule("acosh", "x", ["1/(sqrt(x - 1)*sqrt(x + 1))"], domain="x >= 1"),
    Rule("atanh", "x", ["1/oneminussq(x)"], shown=["1/(1 - x^2)"], domain="-1 < x < 1"),
    Rule("hypot", "x...", ["where(y == 0, 0, unit(x, others))"], shown=["x/y"],
         kinks="y == 0", piece="y == 0"),
    Rule("unit", "x r", ["unit(r, x)^2/hypot(x, r)", "-y*unit(r, x)/hypot(x, r)"],
         value="where(abs(x) > abs(r), sign(x)/hypot(1, r/x), x/abs(r)/hypot(x/r, 1))",
         domain="x != 0 or r != 0", piece="x == 0 and r == 0"),
    Rule("oneminussq", "x", ["-2*x"], value="(1 - x)*(1 + x)"),
    Rule("mod", "a b", ["1", "round((y - a)/b)"], domain="b != 0", kinks="y == 0"),
    Rule("min", "x...", ["1/ties"], taken=["x == y"], kinks="ties > 1", latex=r"\min"),
    Rule("max", "x...", ["1/ties"], taken=["x == y"], kinks="ties > 1", latex=r"\max"),
    Rule("clamp", "x lo hi", ["1/(1 + (x == lo) + (x == hi))", "1/(1 + (x == lo))", "1/(1 + (x == hi))"],
         value="where(lo <= hi, min(max(x, lo), hi), inf - inf)",  # bounds in the wrong order: undefined
         taken=["lo <= x <= hi and lo < hi", "x <= lo", "x >= hi"], domain="lo <= hi",
         kinks="x == lo or x == hi", kinked=["lo < hi", None, None]),
    Rule("erf", "x", ["2/sqrt(pi)*exp(-x^2)"]),
    Rule("erfc", "x", ["-2/sqrt(pi)*exp(-x^2)"]),
    Rule("gamma", "x", ["y*digamma(x)"], domain="x > 0 or x != floor(x)", latex=r"\Gamma",
         piece="min(floor(x), 0)"),
    Rule("lgamma", "x", ["digamma(x)"], domain="x > 0 or x != floor(x)",
         latex=r"\ln\left|\Gamma\left(%s\right)\right|",
         piece="min(floor(x), 0)"),
    Rule("digamma", "x", ["polygamma(1, x)"], domain="x > 0 or x != floor(x)", latex=r"\psi",
         piece="min(floor(x), 0)"),
    Rule("polygamma", "n x", [None, "polygamma(n + 1, x)"], latex=r"\psi",
         domain="n >= 0 and n == floor(n) and (x > 0 or x != floor(x))",
         piece="min(floor(x), 0)"),
    Rule("sigmoid", "x", ["(sech(x/2)/2)^2"], shown=["y*sigmoid(-x)"],
         value="where(x < 0, exp(-abs(x)), 1)/(1 + exp(-abs(x)))"),
    Rule("logit", "x", ["1/(x*(1 - x))"], domain="0 < x < 1",
         value="where(abs(x - 0.5) < 0.25, 2*atanh(2*x - 1), log(x/(1 - x)))"),
    Rule("softplus", "x", ["sigmoid(x)"], value="max(x, 0) + log1p(exp(-abs(x)))"),
    Rule("relu", "x", ["1"], value="max(x, 0)", taken=["x > 0"], kinks="x == 0"),
    Rule("logsumexp", "x...", ["share"], shown=["exp(x - y)"]),
    Rule("where", "c a b", [None, "1", "1"], taken=[None, "c", "not c"], lazy=True),
)  # fmt: skip

TABLE = OPERATORS + FUNCTIONS

# All rules by name; the grammar's aliases are these names.
BY_NAME = {rule.name: rule for rule in TABLE}
COMPARISONS = {rule.infix: rule for rule in OPERATORS if rule.name in ("lt", "le", "gt", "ge", "eq", "ne")}
# `copy` gives a value a second name; `truth` is a number used as a condition.
COPY, TRUTH, AND, WHERE = BY_NAME["copy"], BY_NAME["truth"], BY_NAME["and"], BY_NAME["where"]

# What a program can call.
CALLABLE = {name: rule for rule in FUNCTIONS for name in (rule.name, *rule.also)}
CALLABLE["pow"] = BY_NAME["pow"]
# Rules with the name of another one, by name and number of arguments.
OVERLOADS = {(rule.call, len(rule.parameters)): rule for rule in FUNCTIONS if rule.call != rule.name}

# Built-in constants, which each arithmetic supplies. A program may redefine one, an input may not.
CONSTANTS = ("pi", "e", "tau", "inf")


def _row(name: str) -> Rule:
    return BY_NAME[name]
