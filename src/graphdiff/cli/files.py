"""Reading files and standard input."""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from graphdiff.diagnostics import Diagnostic, InputProblem, unusable_file
from graphdiff.language.lexer import normalised


def shown(path: str) -> str:
    """A file's name in messages."""
    return "standard input" if path == "-" else path


def opened(path: str) -> BinaryIO:
    """The bytes of a file, or of standard input for `-`; InputProblem if it cannot be opened."""
    try:
        return sys.stdin.buffer if path == "-" else open(file_name(path), "rb")
    except OSError as error:
        raise unusable_file("read", shown(path), error) from None


def file_name(path: str) -> bytes:
    """A file's name as bytes: in UTF-8 if the locale cannot encode it."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")


def read_text(path: str) -> str:
    """A file's text, or that of standard input for `-`."""
    file = opened(path)
    try:
        data = file.read()
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


def read_inputs(path: str) -> dict[str, Any]:
    """The inputs in a JSON or TOML file, or in JSON from standard input; numbers are left as text."""
    text = read_text(path)
    try:
        if os.path.splitext(path)[1].lower() == ".toml":
            import tomllib

            found: Any = _members(list(tomllib.loads(text, parse_float=str).items()))
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


def write_whole(path: str, data: bytes) -> None:
    """Write a file so that there is always either the old one or the whole new one.

    A link is followed, and the permissions of the old file stay. What is not a file, such as
    a pipe or a device, is written to directly.
    """
    import contextlib
    import tempfile

    target = os.path.realpath(file_name(path))
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                stream.write(data)
            return
        number, made = tempfile.mkstemp(dir=os.path.dirname(target), prefix=b".graphdiff-")
        try:
            with open(number, "wb") as file:
                file.write(data)
            os.chmod(made, _mode(target))
            os.replace(made, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(made)
            raise
    except OSError as error:
        raise unusable_file("write", path, error) from None


def _mode(path: bytes) -> int:
    """The permissions of a file, or those of a new one."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
