"""The functions that rules of landed tables may call: `_functions.sql`, rendered.

The file is a template, so that nothing stands in it that the dbt project says already: it imports
macros of `dbt_project/macros` that are plain SQL over seeds and vars. Belongs here: rendering it,
with the seeds written out, for the gate's database has no tables of dbt. Does not: what a rule asks
(`contract_rules`, the suites).
"""

from __future__ import annotations

import csv
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from pipelines.declarations import read_vars
from pipelines.errors import ContractError
from pipelines.sql_text import identifier, literal

FUNCTIONS_FILE = "_functions.sql"


def read_functions(folder: Path) -> str:
    """The SQL of the functions beside the suites in `folder`; empty where there is no file.

    Raises:
        ContractError: the template, or what it takes from the dbt project, cannot be used.
    """
    if not (folder / FUNCTIONS_FILE).exists():
        return ""
    project = folder.parent / "dbt_project"
    environment = Environment(  # noqa: S701 - SQL, and no page that would need escaping
        loader=FileSystemLoader([folder, project / "macros"]),
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
    )
    environment.globals |= {
        "ref": lambda seed: _rows_of(project / "seeds" / f"{seed}.csv"),
        "var": lambda name: read_vars(project)[name],
    }
    try:
        return environment.get_template(FUNCTIONS_FILE).render()
    except (TemplateError, OSError, KeyError) as error:
        raise ContractError(
            f"expectations/{FUNCTIONS_FILE}: expected a template over the macros, seeds and vars "
            f"of {project}, got {type(error).__name__}: {error}. Mend the file."
        ) from None


def _rows_of(seed: Path) -> str:
    """A seed as a relation of its rows, all text; what is empty is null."""
    with seed.open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    values = ", ".join(
        f"({', '.join(literal(cell) if cell else 'null' for cell in row)})" for row in rows
    )
    names = ", ".join(map(identifier, columns))
    return f"(select * from (values {values}) as seed ({names}))"
