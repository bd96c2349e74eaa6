"""What other languages and tools call the functions, and how this language writes them."""

from __future__ import annotations

# By the other name, in lower case. `x`, `y` and `c` stand for its arguments.
FUNCTIONS = {
    **dict.fromkeys(("expit", "inv_logit", "invlogit", "logistic", "sigm"), "sigmoid(x)"),
    **dict.fromkeys(("gammaln", "loggamma", "lngamma", "log_gamma"), "lgamma(x)"),
    "psi": "digamma(x)", "trigamma": "polygamma(1, x)", "tgamma": "gamma(x)",
    "factorial": "gamma(x + 1)", "fact": "gamma(x + 1)",
    **dict.fromkeys(("sqr", "square"), "x^2"),
    **dict.fromkeys(("power", "raise"), "x^y"),
    "root": "x^(1/y)", "rsqrt": "1/sqrt(x)", "inv": "1/x", "reciprocal": "1/x",
    **dict.fromkeys(("if", "ifelse", "if_else", "iif", "ternary"), "where(c, x, y)"),
    **dict.fromkeys(("cond", "select", "piecewise"), "where(c, x, y)"),
    **dict.fromkeys(("heaviside", "step", "stepfun"), "where(x > 0, 1, 0)"),
    "arcsin": "asin(x)", "arccos": "acos(x)", "arctan": "atan(x)", "arctan2": "atan2(y, x)",
    **dict.fromkeys(("arcsinh", "arsinh"), "asinh(x)"),
    **dict.fromkeys(("arccosh", "arcosh"), "acosh(x)"),
    **dict.fromkeys(("arctanh", "artanh"), "atanh(x)"),
    "cosec": "csc(x)", "cotan": "cot(x)", "tg": "tan(x)", "ctg": "cot(x)", "sh": "sinh(x)", "ch": "cosh(x)",
    "th": "tanh(x)", "lg": "log10(x)", "lb": "log2(x)", "logb": "log(x, base)",
    **dict.fromkeys(("fabs", "absolute", "magnitude"), "abs(x)"),
    **dict.fromkeys(("sgn", "signum"), "sign(x)"),
    "ceiling": "ceil(x)", "rint": "round(x)",
    **dict.fromkeys(("minimum", "fmin", "pmin"), "min(x, y)"),
    **dict.fromkeys(("maximum", "fmax", "pmax"), "max(x, y)"),
    **dict.fromkeys(("clip", "clamp_value", "limit"), "clamp(x, low, high)"),
    **dict.fromkeys(("fmod", "remainder", "modulo"), "mod(x, y)"),
    **dict.fromkeys(("norm", "norm2", "abs2"), "hypot(x, y)"),
    **dict.fromkeys(("log_sum_exp", "lse"), "logsumexp(x, y)"),
    **dict.fromkeys(("derivative", "deriv", "grad", "gradient", "derivate", "partial"), "diff(f, x)"),
}  # fmt: skip

# A function of the language called with another number of arguments, as other languages allow.
COUNTS = {
    ("atan", 2): "atan2(y, x)",
    ("round", 2): "round(x*10^n)/10^n",
    ("where", 1): "where(c, a, b)",
}
