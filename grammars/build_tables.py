"""Build hook: the parse tables are made from the grammar when the package is built."""

import importlib.util
import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return  # an editable install is a wheel too; an sdist makes them when it is built
        path = os.path.join(self.root, "src", "graphdiff", "language", "tables.py")
        spec = importlib.util.spec_from_file_location("tables", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.write_tables()
