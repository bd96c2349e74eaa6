"""Reading files and standard input, and writing files."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, BinaryIO

from graphdiff.cli.interrupts import raise_exception
from graphdiff.diagnostics import Diagnostic, InputProblem, unusable_file
from graphdiff.language.lexer import normalised

MOST_BYTES = 10**9  # of a text: a device such as /dev/zero has no end


def shown(path: str) -> str:
    """A file's name in messages."""
    return "standard input" if path == "-" else path


def opened(path: str) -> BinaryIO:
    """The bytes of a file, or of standard input for `-`; InputProblem if it cannot be opened."""
    if path == "-":
        return sys.stdin.buffer
    try:
        return open(file_name(path), "rb")
    except OSError as error:
        raise unusable_file("read", path, error) from None


def file_name(path: str) -> bytes:
    """A file's name as bytes: in UTF-8 if the locale cannot encode it. OSError for what names no file."""
    if "\0" in path:
        raise OSError(errno.EINVAL, "its name has a null character")
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")


def read_text(path: str) -> str:
    """A file's text, or that of standard input for `-`."""
    file = opened(path)
    try:
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise OSError(errno.EFBIG, "more than a gigabyte of text")
    except OSError as error:
        raise unusable_file("read", shown(path), error) from None
    finally:
        if path != "-":
            file.close()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"{shown(path)} is not UTF-8: byte 0x{data[error.start]:02x} on line {line}"
        raise InputProblem(Diagnostic("encoding", message)) from None


def append_file(path: str, lines: Iterable[str]) -> None:
    """Write lines at the end of a file; InputProblem if that is not possible."""
    try:
        _write(file_name(path), lines, "ab")
    except OSError as error:
        raise unusable_file("write", path, error) from None


def replace_file(path: str, lines: Iterable[str] | bytes) -> None:
    """Make a file of these lines or bytes; InputProblem if that fails, and then an old one is as it was.

    They are written beside the file and renamed when they are complete. A link goes on
    pointing to its file, and the permissions stay. What is no ordinary file (a pipe, a terminal,
    /dev/stdout) is written to directly.
    """
    try:
        name = file_name(path)
        try:
            old = os.stat(name)
        except FileNotFoundError:
            old = None
        if old is not None and (not stat.S_ISREG(old.st_mode) or _is_open(old)):
            _write(name, lines, "ab")
        elif old is not None and not os.access(name, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            _write_beside(os.path.realpath(name), lines, old)
    except OSError as error:
        raise unusable_file("write", path, error) from None


def _write(name: bytes, lines: Iterable[str] | bytes, mode: str) -> None:
    with open(name, mode) as file:
        if isinstance(lines, bytes):
            file.write(lines)
            return
        file.writelines(f"{line}\n".encode("utf-8", "backslashreplace") for line in lines)


def _is_open(found: os.stat_result) -> bool:
    """Whether it is the file that standard output or standard error goes to."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if os.path.samestat(found, os.fstat(stream.fileno())):
                return True
        except (OSError, ValueError):  # closed, or of this process alone
            pass
    return False


def _write_beside(name: bytes, lines: Iterable[str] | bytes, old: os.stat_result | None) -> None:
    import tempfile  # only here: it brings the archive formats, which every start would pay for

    raise_exception()  # an interrupt leaves nothing behind
    try:
        descriptor, beside = tempfile.mkstemp(dir=os.path.dirname(name), prefix=b".graphdiff-")
    except PermissionError:  # of the folder; the file itself can be written
        if old is None:
            raise
        _write(name, lines, "wb")
        return
    try:
        os.close(descriptor)
        _write(beside, lines, "wb")
        if old is not None:
            with suppress(AttributeError, PermissionError):  # where files have no owner, or not one of ours
                os.chown(beside, old.st_uid, old.st_gid)
        os.chmod(beside, stat.S_IMODE(old.st_mode) if old is not None else 0o666 & ~_umask())
        os.replace(beside, name)
    except BaseException:
        os.unlink(beside)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def read_inputs(path: str) -> dict[str, Any]:
    """The inputs in a JSON or TOML file, or in JSON from standard input; numbers are left as text."""
    text = read_text(path)
    try:
        if os.path.splitext(path)[1].lower() == ".toml":
            from graphdiff.arithmetic import toml

            numbers = toml.Written
            pairs = [(k, v.text if isinstance(v, numbers) else v) for k, v in toml.loads(text).items()]
            found: Any = _members(pairs)
        else:
            import json

            found = json.loads(text, object_pairs_hook=_members, parse_float=str, parse_int=str)
    except ValueError as error:  # of JSON and of TOML
        raise InputProblem(Diagnostic("file", f"{shown(path)}: {error}")) from None
    except RecursionError:
        raise InputProblem(Diagnostic("file", f"{shown(path)} is nested too deeply")) from None
    if not isinstance(found, dict):
        hint = 'write an object like {"a": 5, "b": 3}'
        raise InputProblem(Diagnostic("file", f"{shown(path)} is not an object of inputs", hint=hint))
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        name = normalised(key)
        if name in found:
            raise ValueError(f"'{name}' is given twice")
        found[name] = value
    return found
