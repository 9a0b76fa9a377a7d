"""`zhibiao law`: the rules, citations and open questions of a release, for a lawyer to sign."""

from __future__ import annotations

import typer

from pipelines.cli.arguments import ReleaseOption, open_named_release


def law(release: ReleaseOption = None) -> None:
    """Write the statutory rules, citations and open questions as Markdown, in Chinese."""
    from pipelines.reports.law import write_law

    with open_named_release(release) as connection:
        typer.echo(write_law(connection), nl=False)
