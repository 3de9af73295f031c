"""``settings``: what there is to be set, how it stands, and setting it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tutor import paths, settings
from tutor.cli.frame import command, emit
from tutor.cli.text import fields, say, wrapped


@command("settings")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--keys", "only_keys", is_flag=True, help="The actions whose keys can be changed.")
def settings_command(
    name: str | None, value: str | None, only_keys: bool, workspace: Path | None, as_json: bool
) -> int:
    """Show the settings; with NAME and VALUE, set one.

    Exit status: 0 done, 1 the file has lines that can't be used, 2 wrong usage.
    """
    file = settings.SettingsFile(paths.settings_file())
    known = [field.name for field in settings.fields()]
    if name is not None and name not in known:
        raise click.UsageError(f"no setting '{name}'; there are: {', '.join(known)}")
    if value is not None and name is not None:
        why = file.set(name, value)
        if why:
            raise click.UsageError(why)
    if only_keys:
        return _keys(file, as_json)
    if as_json:
        emit(_object(file))
    else:
        _print(file, name)
    for notice in file.notices:
        click.echo(f"cnntutor: {notice}", err=True)
    return 1 if file.problems else 0


def _object(file: settings.SettingsFile) -> dict[str, Any]:
    return {
        "file": str(file.path),
        "settings": {field.name: getattr(file.settings, field.name) for field in settings.fields()},
        "problems": [problem._asdict() for problem in file.problems],
    }


def _print(file: settings.SettingsFile, name: str | None) -> None:
    say(f"Settings file: {file.path}")
    for field in settings.fields():
        if name not in (None, field.name):
            continue
        value = getattr(file.settings, field.name)
        say()
        say(f"{field.name} = {settings.as_toml(value)}")
        say(wrapped(f"{field.title}: {field.description}", "    "))
        say(wrapped(f"Takes {settings.takes(field)}.", "    "))


def _keys(file: settings.SettingsFile, as_json: bool) -> int:
    from tutor.app import keys

    keys.use(file.settings.keys)
    actions = [action for place in keys.PLACES for action in keys.of(place)]
    if as_json:
        emit({"keys": {action.id: list(action.keys) for action in actions}})
    else:
        say(fields([(action.id, f"{', '.join(action.keys)}: {action.help}") for action in actions]))
    return 0
