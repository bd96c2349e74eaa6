"""What other languages and tools write, and how this language writes it: tables, a row for each spelling."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from graphdiff.rules import CALLABLE

# Functions by their other name, in lower case. `x`, `y`, `c`, ... stand for the arguments.
FUNCTIONS = {
    **dict.fromkeys(("expit", "inv_logit", "invlogit", "logistic", "sigm"), "sigmoid(x)"),
    **dict.fromkeys(("gammaln", "loggamma", "lngamma", "log_gamma"), "lgamma(x)"),
    "psi": "digamma(x)", "trigamma": "polygamma(1, x)", "tgamma": "gamma(x)",
    **dict.fromkeys(("factorial", "fact"), "gamma(x + 1)"),
    "beta": "gamma(x)*gamma(y)/gamma(x + y)",
    **dict.fromkeys(("binomial", "nchoosek", "choose", "comb", "binom"),
                    "gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))"),
    **dict.fromkeys(("sqr", "square", "abs2"), "x^2"), "cube": "x^3",
    **dict.fromkeys(("power", "raise"), "x^y"),
    **dict.fromkeys(("root", "nthroot", "surd"), "x^(1/n)"),
    **dict.fromkeys(("sqroot", "squareroot", "square_root"), "sqrt(x)"), "cuberoot": "cbrt(x)",
    "rsqrt": "1/sqrt(x)", **dict.fromkeys(("inv", "reciprocal", "recip"), "1/x"),
    **dict.fromkeys(("if", "ifelse", "if_else", "iif", "ternary"), "where(c, x, y)"),
    **dict.fromkeys(("cond", "select", "piecewise", "case"), "where(c, x, y)"),
    **dict.fromkeys(("heaviside", "step", "stepfun", "unitstep"), "where(x > 0, 1, 0)"),
    "arcsin": "asin(x)", "arccos": "acos(x)", "arctan": "atan(x)",
    **dict.fromkeys(("arctan2", "arg"), "atan2(y, x)"),
    **dict.fromkeys(("arcsinh", "arsinh"), "asinh(x)"),
    **dict.fromkeys(("arccosh", "arcosh"), "acosh(x)"),
    **dict.fromkeys(("arctanh", "artanh"), "atanh(x)"),
    **dict.fromkeys(("cosec", "cosecant"), "csc(x)"), "secant": "sec(x)", "acot": "atan(1/x)",
    **dict.fromkeys(("cotan", "ctg", "cotangent"), "cot(x)"), "tg": "tan(x)",
    "sine": "sin(x)", "cosine": "cos(x)", "tangent": "tan(x)",
    "sh": "sinh(x)", "ch": "cosh(x)", "th": "tanh(x)",
    "sind": "sin(x*pi/180)", "cosd": "cos(x*pi/180)", "tand": "tan(x*pi/180)",
    "sinpi": "sin(pi*x)", "cospi": "cos(pi*x)",
    **dict.fromkeys(("deg2rad", "radians"), "x*pi/180"),
    **dict.fromkeys(("rad2deg", "degrees"), "x*180/pi"),
    **dict.fromkeys(("logarithm", "alog", "dlog", "loge"), "log(x)"),
    "lg": "log10(x)", "lb": "log2(x)", "logb": "log(x, base)",
    **dict.fromkeys(("exponential", "dexp"), "exp(x)"), **dict.fromkeys(("exp10", "pow10"), "10^x"),
    "ldexp": "x*2^n",
    **dict.fromkeys(("fabs", "absolute", "magnitude", "dabs"), "abs(x)"), "dsqrt": "sqrt(x)",
    **dict.fromkeys(("sgn", "signum"), "sign(x)"),
    "ceiling": "ceil(x)", "rint": "round(x)", "frac": "x - floor(x)",
    **dict.fromkeys(("fix", "truncate"), "trunc(x)"),
    **dict.fromkeys(("minimum", "fmin", "pmin", "min2"), "min(x, y)"),
    **dict.fromkeys(("maximum", "fmax", "pmax", "max2"), "max(x, y)"),
    **dict.fromkeys(("clip", "clamp_value", "limit"), "clamp(x, low, high)"),
    "modulo": "mod(x, y)", **dict.fromkeys(("fmod", "rem"), "sign(x)*mod(abs(x), abs(y))"),
    **dict.fromkeys(("norm", "norm2"), "hypot(x, y)"),
    **dict.fromkeys(("log_sum_exp", "lse", "logaddexp"), "logsumexp(x, y)"),
    **dict.fromkeys(("log1pexp", "log1p_exp"), "softplus(x)"), "ramp": "relu(x)",
    **dict.fromkeys(("silu", "swish"), "x*sigmoid(x)"), "gelu": "x*erfc(-x/sqrt(2))/2",
    **dict.fromkeys(("normcdf", "pnorm", "norm_cdf", "ncdf"), "erfc(-x/sqrt(2))/2"),
    **dict.fromkeys(("normpdf", "dnorm", "norm_pdf"), "exp(-x^2/2)/sqrt(2*pi)"),
    **dict.fromkeys(("add", "plus"), "x + y"), **dict.fromkeys(("sub", "subtract", "minus"), "x - y"),
    **dict.fromkeys(("mul", "multiply", "times", "prod", "product"), "x*y"), "sum": "x + y",
    **dict.fromkeys(("div", "divide", "quotient"), "x/y"), **dict.fromkeys(("neg", "negative"), "-x"),
    **dict.fromkeys(("mean", "average", "avg"), "(x + y)/2"), "dot": "x1*y1 + x2*y2",
    **dict.fromkeys(("float", "real", "double", "dble", "float64"), "x"),
    **dict.fromkeys(("derivative", "deriv", "grad", "gradient", "derivate", "partial", "d"), "diff(f, x)"),
}  # fmt: skip

# Functions that have no counterpart, or more than one: what to do instead.
ADVICE = {
    "input": "declare an input without parentheses:  input x",
    **dict.fromkeys(("int", "integer"), "write trunc(x), floor(x), ceil(x) or round(x)"),
    "remainder": "write mod(x, y), which has the sign of y",
    **dict.fromkeys(("rand", "random", "randn", "rnorm"), "make the random number an input of the program"),
    **dict.fromkeys(("integrate", "int_", "quad", "integral"), "only derivatives: diff(f, x)"),
    **dict.fromkeys(("print", "printf", "disp", "display", "show", "return"),
                    "every definition is shown; an expression alone is named 'out'"),
    **dict.fromkeys(("hessian", "hess"), "write diff(diff(f, x), x); 'graphdiff eval --order 2' shows all"),
    **dict.fromkeys(("vjp", "backward", "autograd", "jacobian"), "'graphdiff eval' shows every derivative"),
}  # fmt: skip

# A function of the language called with another number of arguments, as other languages allow.
COUNTS = {
    ("atan", 2): "atan2(y, x)",
    ("round", 2): "round(x*10^n)/10^n",
    ("where", 1): "where(c, a, b)",
    ("where", 2): "where(c, a, 0)",
    ("exp", 2): "x^y",
}

# Names that are no inputs elsewhere.
NAMES = {
    **dict.fromkeys(("\u03c0", "\u03a0", "M_PI", "\U0001d70b"), "pi"), **dict.fromkeys(("M_E", "exp1"), "e"),
    "\u03c4": "tau",
    **dict.fromkeys(("Infinity", "infinity", "Inf", "INF", "infty", "oo"), "inf"),
    **dict.fromkeys(("true", "True", "TRUE"), "1"), **dict.fromkeys(("false", "False", "FALSE"), "0"),
    **dict.fromkeys(("deg", "degree"), "pi/180"),
}  # fmt: skip


class Spelling(NamedTuple):
    """A spelling that does not parse here.

    typed: an example. pattern: a regular expression for it, within one statement. written: what
    stands here in place of the match; note: more to say, or all. Both are templates of the match.
    """

    typed: str
    pattern: str
    written: str | Callable[[re.Match[str]], str] = ""
    note: str = ""

    def replacement(self, match: re.Match[str]) -> str:
        """What stands here in place of the match; "" if only the note says it."""
        return match.expand(self.written) if isinstance(self.written, str) else self.written(match)

    def hint(self, match: re.Match[str]) -> str:
        written = self.replacement(match)
        return "; ".join(filter(None, (written and f"write {written}", match.expand(self.note))))


class Found(NamedTuple):
    """A row that matches from `start` to before `end` of a text."""

    start: int
    end: int
    hint: str


def misspelled(text: str, offset: int) -> Found | None:
    """The spelling of another language at this place of a program."""
    start = max(text.rfind("\n", 0, offset), text.rfind(";", 0, offset)) + 1
    end = min((k for k in (text.find("\n", offset), text.find(";", offset)) if k >= 0), default=len(text))
    statement = text[start:end].rstrip()
    for row in SPELLINGS:
        for match in re.finditer(row.pattern, statement):
            if match.start() <= offset - start <= match.end():
                return Found(start + match.start(), start + match.end(), row.hint(match))
    return None


NAME = r"[^\W\d]\w*"
NUMBER = r"(?<![\w.])(\d+\.?\d*|\.\d+)"
DECIMAL = r"(?<![\w.])(\d+\.\d*|\.\d+)"
INNER = r"((?:[^()]|\([^()]*\))*)"  # of parentheses, with one more level inside
FUNCTION = rf"\b({'|'.join(sorted(CALLABLE, key=len, reverse=True))})"
TYPES = (
    "const let var double float float64 auto int integer real static local my long precision set def val "
    "constexpr number function parameter"
).replace(" ", "|")
MODULES = (
    r"np|numpy|cp|jnp|jax\.numpy|torch|tf(?:\.math)?|c?math|Math|scipy(?:\.special)?|special|sp|sympy|std"
)
BLANKS = "\u2002\u2003\u2009\u202f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
SUBSCRIPTS = "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089"
DIGITS = str.maketrans(SUPERSCRIPTS + SUBSCRIPTS, "0123456789" * 2)
DOTTED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
FRACTIONS = {"\u00bd": "(1/2)", "\u2153": "(1/3)", "\u2154": "(2/3)", "\u00bc": "(1/4)", "\u00be": "(3/4)"}
FULL_WIDTH = "\uff08\uff09\uff0c\uff1b\uff1d\uff0b\uff0d\uff0f\uff0a"
QUOTES = "\"'`\u2018\u2019\u201c\u201d"

COMMENT = "a comment begins with #"
CHANGED = "a name has one value: write another name for the next one"
LEFT_OUT = "leave it out: every definition is shown"
CALLED = "write a call as sin(x), with small letters and round parentheses"


def _member(match: re.Match[str]) -> str:
    """The member of a module: math.sin, np.arcsin, Math.PI."""
    name = match[1]
    return FUNCTIONS.get(name.lower()) or NAMES.get(name) or (name.lower() if name.isupper() else name)


SPELLINGS = (
    # Definitions.
    Spelling("def f(x): return x^2; y = f(3)",
             rf"^\s*def\s+({NAME})\(([^()]*)\)\s*:\s*(?:return\b)?\s*(.*)", r"\1(\2) = \3"),
    Spelling("f = lambda x: x^2; y = f(3)", rf"({NAME})\s*=\s*lambda\s+([^:]+):\s*(.*)", r"\1(\2) = \3"),
    Spelling("f = @(x) x^2; y = f(3)", rf"({NAME})\s*=\s*@\(([^()]*)\)\s*(.*)", r"\1(\2) = \3"),
    Spelling("f = function(x) x^2; y = f(3)",
             rf"({NAME})\s*=\s*function\s*\(([^()]*)\)\s*(.*)", r"\1(\2) = \3"),
    Spelling("f = x -> x^2; y = f(3)", rf"({NAME})\s*=\s*\(?([^()=]*?)\)?\s*[-=]>\s*(.*)", r"\1(\2) = \3"),
    Spelling("x -> x^2", r"->|\u2192|\u21a6", note="a function is written f(x) = x^2"),
    Spelling("double y = 3*x", rf"^\s*(?:(?:{TYPES})\s+)+({NAME}(?:\([^()]*\))?)\s*=\s*(.*)", r"\1 = \2"),
    Spelling("real(8) :: y = 3*x", rf"^.*::\s*({NAME})\s*=\s*(.*)", r"\1 = \2"),
    Spelling("y: float = 3*x", rf"^\s*({NAME})\s*:\s*{NAME}\s*=\s*(.*)", r"\1 = \2"),
    Spelling("y := 3*x", r":=|\u2254|\u225d|\u2190", "="),
    Spelling("y += x", rf"({NAME})\s*[-+*/^]=.*", note=CHANGED),
    Spelling("y = x++", r"(?:\+\+|--)$", note=CHANGED),
    Spelling("y = x, z = 2*x", rf",(?=\s*{NAME}\s*=(?!=))", note="write ';' between definitions"),
    Spelling("return x^2", r"^\s*(?:return|print|echo|disp)\s+", note=LEFT_OUT),
    Spelling("import numpy", r"^\s*(?:import|from|using|library|use|include|require)\s+.*",
             note="leave it out: the functions are built in"),
    Spelling("if x > 0: y = 2", r"^\s*(?:if|switch|case)\b(?!\s*\([^()]*,).*",
             note="write y = where(condition, a, b)"),
    Spelling("for i in x", r"^\s*(?:for|while|do|repeat)\s.*", note="there are no loops: define each step"),
    # Choices and logic.
    Spelling("y = a if c else b",
             rf"({NAME})\s*=\s*([^=]+?)\s+if\s+(.+?)\s+else\s+(.+)", r"\1 = where(\3, \2, \4)"),
    Spelling("a if c else b", r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", r"where(\2, \1, \3)"),
    Spelling("y = c ? a : b",
             rf"({NAME})\s*=(?!=)\s*(.+?)\s*\?\s*([^:]+?)\s*:\s*(.+)", r"\1 = where(\2, \3, \4)"),
    Spelling("c ? a : b", r"(.+?)\s*\?\s*([^:]+?)\s*:\s*(.+)", r"where(\1, \2, \3)"),
    Spelling("y = x ?", r"\?|\b(?:if|else|then)\b(?!\()", note="write where(condition, a, b)"),
    Spelling("a && b", r"&&?|\u2227", "and"),
    Spelling("|x|", r"\|([^|]+)\|", r"abs(\1)"),
    Spelling("a || b", r"\|\|?|\u2228", "or"),
    Spelling("a .lt. b", r"\.(lt|le|gt|ge|eq|ne)\.", lambda match: DOTTED[match[1]]),
    Spelling("a .and. b", r"\.(and|or|not)\.", r"\1"),
    Spelling("y = a === b", r"===|\bis\b", "=="),
    Spelling("a <> b", r"<>|~=|!==|=/=|/=|\u2260", "!="),
    Spelling("a =< b", r"=<|\u2264|\u2a7d", "<="),
    Spelling("a => b", r"=>|\u2265|\u2a7e", ">="),
    Spelling("a \u2248 b", r"\u2248|\u2245|\u223c", note="write abs(a - b) < 1e-9"),
    Spelling("n!", r"\b(\w+)!", r"gamma(\1 + 1)"),
    Spelling("(n + 1)!", r"\(([^()]*)\)!", r"gamma(\1 + 1)"),
    Spelling("y = x ! the same", r"(?:^|\s)!\s.*", note=f"{COMMENT}; a negation is 'not a'"),
    Spelling("!a", rf"[!~\u00ac]\s*({NAME})", r"not \1"),
    Spelling("!(a > b)", r"[!~\u00ac]", note="a negation is 'not a'"),
    Spelling("and(a, b)", r"\b(and|or)\s*\(([^(),]*),\s*([^(),]*)\)", r"(\2 \1 \3)"),
    Spelling("a xor b", r"\bxor\b|\u22bb|\u2295", note="write (a or b) and not (a and b)"),
    Spelling("x in (0, 1)", r"\bin\b|\u2208", note="write low <= x <= high"),
    # Comments.
    Spelling("y = x // the same", r"//.*", note=f"{COMMENT}; a quotient rounded down is floor(a/b)"),
    Spelling("y = x /* the same */", r"/\*.*", note=COMMENT),
    Spelling("% the same", r"^\s*%+\s.*", note=COMMENT),
    # Derivatives.
    Spelling("y = d(x^2)/dx", rf"\bd\s*\({INNER}\)\s*/\s*d({NAME})", r"diff(\1, \2)"),
    Spelling("y = d/dx(x^2)", rf"\bd\s*/\s*d({NAME})\s*\({INNER}\)", r"diff(\2, \1)"),
    Spelling("y = d/dx x^2", rf"\bd\s*/\s*d({NAME})\s+([^()+-]+)", r"diff(\2, \1)"),
    Spelling("y = x^2; z = \u2202y/\u2202x", rf"\u2202({NAME})\s*/\s*\u2202({NAME})", r"diff(\1, \2)"),
    Spelling("f(t) = t^2; y = f'(x)", rf"({NAME})['\u2032\u2019]\(({NAME})\)", r"diff(\1(\2), \2)"),
    Spelling("y = \u2202x", r"\u2202|\u2207|'+(?!\w)|[\u2032\u2033\u2019]",
             note="write diff(f, x) for a derivative"),
    # Numbers.
    Spelling("y = 0x1F", r"\b0[xX][0-9a-fA-F]+|\b0[bB][01]+|\b0[oO][0-7]+",
             lambda match: str(int(match[0], 0))),
    Spelling("y = 1_000_000", r"\b\d{1,3}(?:[_']\d{3})+\b", lambda match: re.sub("[_']", "", match[0])),
    Spelling("y = 1.0_dp", rf"{NUMBER}_(?![\d_])\w+", r"\1"),
    Spelling("y = 1.0D+00", rf"{NUMBER}[dDqQ]([-+]\d+)", r"\1e\2"),
    Spelling("y = 1d3", rf"{NUMBER}([dDqQ])(\d+)", r"\1e\3", r"a product has a sign: \1*\2\3"),
    Spelling("y = 1.5f0", rf"{DECIMAL}f(\d+)\b", r"\1e\2", r"a product has a sign: \1*f\2"),
    Spelling("y = 1.5f", rf"{DECIMAL}([fFL])\b", r"\1", r"a product has a sign: \1*\2"),
    Spelling("y = 1e+", rf"{NUMBER}([eE])(?:[-+](?!\w)|$)",
             note=r"an exponent has digits: 1e3; a product has a sign: \1*\2"),
    Spelling("y = 1,000,000", r"\b\d{1,3}(?:,\d{3})+\b", note="write 1000 for a thousand, 1.5 for a decimal"),
    Spelling("y = 1,5", r"\b(\d+),(\d+)\b", r"\1.\2", "a number has a decimal point"),
    Spelling("y = 5%", rf"{NUMBER}%(?=\s*(?:[-+*/)^,]|$))", r"\1/100"),
    Spelling("y = %pi", r"%(pi|e|inf)\b", r"\1"),
    Spelling("y = \u00bd", rf"[{''.join(FRACTIONS)}]", lambda match: FRACTIONS[match[0]]),
    Spelling("y = sin(30\u00b0)", r"\b(\w+)\u00b0", r"(\1*pi/180)"),
    Spelling("y = \u221e", r"\u221e", "inf"),
    # Powers.
    Spelling("y = sin^-1(x)",
             rf"\b(sin|cos|tan|sinh|cosh|tanh)\s*(?:\^\s*\(?-1\)?|\u207b\u00b9)\s*\({INNER}\)", r"a\1(\2)"),
    Spelling("y = sin^2(x)", rf"{FUNCTION}\s*(?:\^|\*\*)\s*(\w+|\([^()]*\))\s*\({INNER}\)", r"\1(\3)^\2"),
    Spelling("y = sin^2 x", rf"{FUNCTION}\s*(?:\^|\*\*)\s*(\w+|\([^()]*\))\s+({NAME}|\d+)", r"\1(\3)^\2"),
    Spelling("y = sin\u00b2(x)", rf"{FUNCTION}([{SUPERSCRIPTS}]+)\s*\({INNER}\)",
             lambda match: f"{match[1]}({match[3]})^{match[2].translate(DIGITS)}"),
    Spelling("y = x\u207b\u00b9", rf"([^\W{SUPERSCRIPTS}]*)\u207b([{SUPERSCRIPTS}]+)",
             lambda match: f"{match[1]}^(-{match[2].translate(DIGITS)})"),
    Spelling("y = x\u00b9\u2070", rf"([^\W{SUPERSCRIPTS}]*)([{SUPERSCRIPTS}]+)",
             lambda match: f"{match[1]}^{match[2].translate(DIGITS)}"),
    Spelling("y = x\u2081", rf"([^\W{SUBSCRIPTS}]+)([{SUBSCRIPTS}]+)",
             lambda match: f"{match[1]}_{match[2].translate(DIGITS)}"),
    Spelling("y = x ^^ 2", r"\^\s*\^", "^"),
    Spelling("y = e^{x}", r"(\w*)\s*\^\s*\{([^{}]*)\}", r"\1^(\2)"),
    # Operators, roots, sums.
    Spelling("y = x .^ 2", r"\.([*^/+-])", r"\1"),
    Spelling("y = x mod 3", r"(?<=\s)(?:mod|MOD|rem)(?=\s)", note="write mod(a, b)"),
    Spelling("y = x %/% 3", r"%/%|(?<=\s)div(?=\s)", note="write floor(a/b)"),
    Spelling("y = x % 3", r"%%?", note=f"write mod(a, b); {COMMENT}"),
    Spelling("y = \u221ax", rf"\u221a({NAME}|\d+)", r"sqrt(\1)"),
    Spelling("y = \u221a(x + 1)", r"\u221a", "sqrt"),
    Spelling("y = \u221bx", rf"\u221b({NAME}|\d+)", r"cbrt(\1)"),
    Spelling("y = \u2211x", r"[\u2211\u220f]", note="write the terms one by one"),
    Spelling("y = \u222bx", r"\u222b", note="there are no integrals"),
    Spelling("y = x \u00b1 1", r"\u00b1|\u2213", note="write two definitions, one with + and one with -"),
    # Members, and LaTeX.
    Spelling("y = x.sin()", rf"\b({NAME})\.({'|'.join(CALLABLE)})\(\)", r"\2(\1)"),
    Spelling("y = np.sin(x)", rf"\b(?:{MODULES})(?:\.|::)({NAME})", _member),
    Spelling("y = p.k*x", rf"\b({NAME})\.({NAME})", r"\1_\2", "a name has no '.'"),
    Spelling(r"y = \frac{x}{2}", r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)"),
    Spelling(r"y = \sqrt{x}", rf"\\?{FUNCTION}\s*\{{([^{{}}]*)\}}", r"\1(\2)"),
    Spelling(r"y = \sin x", rf"\\{FUNCTION[2:]}\s+({NAME}|\d+)", r"\1(\2)"),
    Spelling(r"y = 2 \cdot x", r"\\(?:cdot|times|ast)\b", "*"),
    Spelling(r"y = \left(x\right)", r"\\(?:left|right|big|Big)\s*([()])", r"\1"),
    Spelling(r"y = x \le 2", r"\\leq?\b", "<="),
    Spelling(r"y = x \ge 2", r"\\geq?\b", ">="),
    Spelling(r"y = \infty", r"\\infty\b", "inf"),
    Spelling(r"y = \alpha*x", rf"\\({NAME})", r"\1"),
    Spelling("y = x_{max}", rf"({NAME})_\{{\s*(\w+)\s*\}}", r"\1_\2"),
    # Brackets, quotes and other characters.
    Spelling("y = Sin[x]", rf"(?i:{FUNCTION})\[", note=CALLED),
    Spelling("y = x[1]", rf"({NAME})\[\s*(\w+)\s*\]", r"\1_\2", "there are no arrays"),
    Spelling("y = [x + 1]", r"[\[\]{}]", note="write ( )"),
    Spelling("y = 2 \u00d7 x", r"[\u00d7\u00b7\u22c5\u2217\u2219\u2715]", "*"),
    Spelling("y = x \u00f7 2", r"[\u00f7\u2215\u2044]", "/"),
    Spelling("y = x \u2212 2", r"[\u2212\u2013\u2014\u2010\u2011]", "-"),
    Spelling("y = x\u21912", r"\u2191", "^"),
    Spelling("y = $x", rf"\$({NAME})", r"\1", "a name has no '$'"),
    Spelling("y = x$", r"\$", note="a name has no '$'"),
    Spelling("y = @x", rf"(?<!\w)@({NAME})", r"\1", "a name has no '@'"),
    Spelling('y = "x"', rf"[{QUOTES}]({NAME})[{QUOTES}]", r"\1", "a name has no quotes"),
    Spelling('y = "x y"', rf"[{QUOTES}]", note="a program has names and numbers, no quotes"),
    Spelling("y = \uff08x\uff09", rf"[{FULL_WIDTH}]", lambda match: chr(ord(match[0]) - 0xFEE0)),
    Spelling("y = 2\u2003*x", rf"[{BLANKS}]+", note="a special blank: type a space"),
    Spelling("y = 2\u200b*x", rf"[{INVISIBLE}]+", note="an invisible character: remove it"),
    Spelling("y = x +\\", r"\\$", note="put an expression of several lines in parentheses"),
    Spelling("y = x : 2", r":", note="write '=' to define, or where(condition, a, b) to choose"),
)  # fmt: skip
