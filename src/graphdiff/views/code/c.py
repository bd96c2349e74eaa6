"""C99, with math.h."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from graphdiff.views.code.assignments import Assignment
from graphdiff.views.code.braces import Braces
from graphdiff.views.code.frame import WIDTH, Call, folded, packed
from graphdiff.views.code.names import Names, words
from graphdiff.views.code.notation import Written

# The suffixes that functions and constants of math.h have for other kinds of numbers.
KINDS = ("", "f", "l", "f16", "f32", "f64", "f128", "f32x", "f64x", "d32", "d64", "d128")
# Macros of math.h; single names are among the reserved words below.
MACROS = frozenset(
    name + kind
    for kind in KINDS
    for name in words(
        """
        M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2
        """
    )
) | {f"{name}{kind.upper()}" for name in ("SNAN", "HUGE_VAL", "HUGE_VAL_") for kind in KINDS}
# Library functions: a variable may shadow them, but another function cannot have their names.
# First the numerical functions, each with a real and a complex form, ...
FUNCTIONS = frozenset(
    f"{complex_}{name}{kind}"
    for complex_ in ("", "c")
    for kind in KINDS
    for name in words(
        """
        abs acos acosh arg asin asinh atan atan2 atanh cbrt ceil conj copysign cos cosh drem erf erfc exp
        exp10 exp2 expm1 fabs fdim finite floor fma fmax fmaxmag fmin fminmag fmod frexp gamma hypot ilogb
        imag isinf isnan j0 j1 jn ldexp lgamma llogb llrint llround log log10 log1p log2 logb lrint lround
        modf nan nearbyint nextafter nextdown nexttoward nextup pow pow10 proj real remainder remquo rint
        round roundeven scalb scalbln scalbn signbit significand sin sincos sinh sqrt tan tanh tgamma trunc
        y0 y1 yn
        """
    )
) | words(
    # ... then all others that compilers know.
    """
    abort aligned_alloc alloca atexit atof atoi atol atoll bcmp bcopy bsearch bzero calloc clock conj conjf
    conjl dcgettext dgettext difftime div execl execle execlp execv execve execvp exit fclose
    feclearexcept fegetenv fegetexceptflag fegetround feholdexcept feof feraiseexcept ferror fesetenv
    fesetexceptflag fesetround fetestexcept feupdateenv fflush ffs ffsimax ffsl ffsll fgetc fgets fopen fork
    fpclassify fprintf fputc fputs fread free freopen fscanf fseek ftell fwrite gamma_r gammaf_r gammal_r
    getc getchar getenv gets gettext imaxabs imaxdiv index isalnum isalpha isascii isblank iscntrl isdigit
    isgraph islower isnormal isprint ispunct isspace isupper isxdigit iswalnum iswalpha iswblank iswcntrl
    iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit labs ldiv lgamma_r lgammaf_r
    lgammal_r llabs lldiv localeconv localtime longjmp malloc memchr memcmp memcpy memmove mempcpy memset
    mktime open perror pipe posix_memalign printf putc putchar puts qsort raise rand read realloc remove
    rename rewind rindex scanf setjmp setlocale signal signbit snprintf sprintf srand sscanf stpcpy stpncpy
    strcasecmp strcat strchr strcmp strcpy strcspn strdup strerror strfmon strftime strlen strncasecmp
    strncat strncmp strncpy strndup strnlen strpbrk strrchr strspn strstr strtod strtok strtol strtoul
    fprintf_unlocked fputc_unlocked fputs_unlocked fwrite_unlocked printf_unlocked putc_unlocked
    putchar_unlocked puts_unlocked system time tmpfile tmpnam toascii tolower toupper towlower towupper
    ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf write close
    """
)


class C(Braces):
    """C99 with math.h."""

    language = "C"
    helper_file = "c"
    infinity = "INFINITY"
    reserved = words(
        """
        alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept
        const const_cast consteval constexpr constinit continue co_await co_return co_yield decltype
        default delete do double dynamic_cast else enum explicit export extern false float for friend
        goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
        private protected public register reinterpret_cast requires restrict return short signed sizeof
        static static_assert static_cast struct switch template this thread_local throw true try typedef
        typeid typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor
        xor_eq main linux unix errno signgam value derivative
        char8_t char16_t char32_t
        I NAN INFINITY HUGE MAXFLOAT NULL EOF EDOM ERANGE TRUE FALSE RAND_MAX EXIT_SUCCESS EXIT_FAILURE
        DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS BUFSIZ MATH_ERRNO MATH_ERREXCEPT math_errhandling
        FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL FP_ILOGB0 FP_ILOGBNAN FP_LLOGB0 FP_LLOGBNAN
        FP_INT_DOWNWARD FP_INT_TONEAREST FP_INT_TONEARESTFROMZERO FP_INT_TOWARDZERO FP_INT_UPWARD
        BIG_ENDIAN LITTLE_ENDIAN PDP_ENDIAN BYTE_ORDER MB_CUR_MAX FD_SETSIZE NFDBITS
        WCONTINUED WEXITED WNOHANG WNOWAIT WSTOPPED WUNTRACED
        acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp ilogb
        ldexp log log10 log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma
        tgamma ceil floor nearbyint rint lrint llrint round lround llround trunc fmod remainder remquo
        copysign nan nextafter nexttoward fdim fmax fmin fma fpclassify isfinite isinf isnan isnormal
        signbit isgreater isgreaterequal isless islessequal islessgreater isunordered iscanonical iseqsig
        issignaling issubnormal iszero
        """
    )
    reserved |= MACROS
    reserved_functions = FUNCTIONS
    alone: ClassVar[Mapping[str, str]] = {
        "min": "{0}", "max": "{0}", "logsumexp": "{0}", "hypot": "fabs({0})",
    }  # fmt: skip
    calls: ClassVar[Mapping[str, Call]] = {
        **{name: f"{name}({{0}})" for name in (
            "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "floor", "ceil", "trunc",
            "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
            "erf", "erfc", "lgamma",
        )},
        **{name: f"@{name}({{0}})" for name in ("sign", "digamma")},
        **{name: f"@{name}({{0}}, {{1}})" for name in ("dexprel", "dbernoulli", "dsinc")},
        "abs": "fabs({0})", "round": "nearbyint({0})", "gamma": "tgamma({0})",
        "atan2": "atan2({0}, {1})", "hypot": "hypot({0}, {1})", "mod": "@mod({0}, {1})",
        "min": "@min({0}, {1})", "max": "@max({0}, {1})", "polygamma": "@polygamma({0}, {1})",
        "logsumexp": "@logsumexp({0}, {1})",
    }  # fmt: skip

    def make_names(self, reserved: set[str]) -> Names:
        # Names that begin with two underscores, or with one and a capital letter, are reserved.
        return Names(reserved, lambda name: f"v{name}" if name.startswith("_") else name)

    def parameters(self) -> list[str]:
        count, width = len(self.outputs), self.columns
        last = [f"double derivative[{width}]"]
        if count > 1:
            last = [f"double value[{count}]", f"double derivative[{count}][{width}]"]
        return [f"double {name}" for name in self.inputs] + last

    def usage(self) -> Iterator[str]:
        for k, (output, row) in enumerate(zip(self.outputs, self.rows(self.derivatives), strict=True)):
            if len(self.outputs) == 1:
                yield f"{self.function} returns {output};"
                yield from folded(f"derivative[] has {', '.join(row)}.", WIDTH - 4)
            else:
                yield from folded(
                    f"value[{k}] is {output}, derivative[{k}][] has {', '.join(row)}.", WIDTH - 4
                )

    def lines(self, flat: bool = False) -> Iterator[str]:
        body, helpers = self.written(flat)
        yield from self.header()
        yield from ["#include <math.h>", ""]
        yield from helpers
        yield from body

    def body(self, found: list[Assignment]) -> Iterator[str]:
        single = len(self.outputs) == 1
        yield from packed(f"{'double' if single else 'void'} {self.function}(", self.parameters(), ")")
        yield "{"
        yield from map(_constant, found)
        for name in self.unused:
            yield f"    (void){name};"
        for k, (output, row) in enumerate(zip(self.outputs, self.rows(self.derivatives), strict=True)):
            place = "derivative" if single else f"derivative[{k}]"
            if not single:
                yield f"    value[{k}] = {self.names[output]};"
            for column, name in enumerate(row):
                yield f"    {place}[{column}] = {self.names[name]};"
        if single:
            yield f"    return {self.names[self.outputs[0]]};"
        yield "}"

    def helper_function(self, name: str, parameters: list[str], found: list[Assignment]) -> Iterator[str]:
        *steps, result = found
        yield f"static double {name}({', '.join(f'double {parameter}' for parameter in parameters)})"
        yield "{"
        yield from map(_constant, steps)
        yield f"    return {result.expression};"
        yield "}"

    def power(self, base: Written, exponent: Written) -> Written:
        return self.square(base, exponent) or self.called("pow({0}, {1})", [base, exponent])


def _constant(assignment: Assignment) -> str:
    kind = "int" if assignment.truth else "double"
    return f"    const {kind} {assignment.name} = {assignment.expression};"
