# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""uv and ansible-test install from where this machine's pip would."""

from __future__ import annotations

from gates import pip_settings

LISTING = """\
:env:.index-url='https://user:it\\'s@index.example/simple'
:env:.find-links='/wheels/a /wheels/b'
freeze.timeout='5'
global.cert='/etc/ca.pem'
global.index-url='https://other.example/simple'
install.no-compile='true'
"""
SETTINGS = {
    "cert": "/etc/ca.pem",
    "find-links": "/wheels/a /wheels/b",
    "index-url": "https://user:it's@index.example/simple",
    "no-compile": "true",
}


def test_environment_wins_over_files_and_other_commands_are_left_out() -> None:
    assert pip_settings.parse(LISTING) == SETTINGS


def test_uv_is_told_in_its_own_words() -> None:
    assert pip_settings.as_uv_environment(SETTINGS) == {
        "SSL_CERT_FILE": "/etc/ca.pem",
        "UV_DEFAULT_INDEX": "https://user:it's@index.example/simple",
        "UV_FIND_LINKS": "/wheels/a,/wheels/b",
    }


def test_pip_conf_holds_every_setting() -> None:
    lines = pip_settings.as_pip_conf(SETTINGS).splitlines()
    assert lines == ["[global]", *(f"{option} = {value}" for option, value in sorted(SETTINGS.items()))]
