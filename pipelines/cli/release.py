"""`zhibiao release`: what has been published, and which of it people read."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.arguments import FormatOption, read_layout
from pipelines.cli.output import Format, write_rows

app = typer.Typer(
    name="release", help="List the releases, or make another one current.", no_args_is_help=True
)

COLUMNS = ("release", "as_of", "made_at", "current")


@app.command("list")
def list_all(
    output: FormatOption = Format.TABLE,
) -> None:
    """List the releases that are kept, the newest first."""
    from pipelines.releases.reading import damaged_releases, list_releases

    layout = read_layout()
    # By its name alone: the list must show what there is also when the current one is damaged.
    current = layout.current.resolve().name if layout.current.is_symlink() else None
    damaged = damaged_releases(layout)
    rows: list[tuple[object, ...]] = [
        (
            release.id,
            release.as_of,
            release.manifest.created_at.isoformat(sep=" ", timespec="seconds"),
            release.id == current,
        )
        for release in list_releases(layout)
    ]
    rows += [(name, None, "its manifest cannot be read", name == current) for name in damaged]
    write_rows(COLUMNS, rows, output)


@app.command("use")
def use(
    release_id: Annotated[str, typer.Argument(metavar="ID", help="As `release list` names it.")],
) -> None:
    """Make a release current, after reading it back; no night may be running meanwhile."""
    from pipelines.orchestration.lease import hold_lease
    from pipelines.releases.switch import use_release

    layout = read_layout()
    with hold_lease(layout.lease):
        release = use_release(layout, release_id)
    typer.echo(f"current is now {release.id} (as of {release.as_of})")
