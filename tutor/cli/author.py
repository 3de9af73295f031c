"""``author``: what someone who writes a checkpoint needs."""

from __future__ import annotations

import click

from tutor.cli.frame import command, find_checkpoint


@click.group("author")
def author_command() -> None:
    """For those who write the course."""


@command("check", workspace=False)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--seeds", type=click.IntRange(min=1), default=1, help="How many seeds to try.")
@click.option("--hunts", is_flag=True, help="Also the code that the mistake hunt shows.")
def check(names: tuple[str, ...], seeds: int, hunts: bool, as_json: bool) -> int:
    """Prove that starters fail, references pass, and each mistake is diagnosed as itself."""
    known = [find_checkpoint(name).id for name in names]

    from tutor.author import check_course

    return check_course(known, seeds, as_json, hunts)


author_command.add_command(check)
