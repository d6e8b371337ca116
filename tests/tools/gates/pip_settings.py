# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""This machine's pip settings (index, proxy, certificates), for tools that would not read them: uv and ansible-test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "proxy": "ALL_PROXY",
    "cert": "SSL_CERT_FILE",
}
# What pip's HTTP library takes from the environment. ansible-test passes none of it on.
LIBRARY_VARIABLES = {
    "proxy": ("https_proxy", "HTTPS_PROXY"),
    "cert": ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
}


def read() -> dict[str, str]:
    """Return pip's settings as option → value, from its files and from the environment, which wins."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    library = {
        option: os.environ[name]
        for option, names in LIBRARY_VARIABLES.items()
        for name in names
        if os.environ.get(name)
    }
    return library | parse(listing)


def parse(listing: str) -> dict[str, str]:
    """Return the settings that concern installing from the output of `pip config list`."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        name, value = line.split("=", 1)
        section, option = name.rsplit(".", 1)
        if section in sections:
            sections[section][option] = str(ast.literal_eval(value))
    return {option: value for section in sections.values() for option, value in section.items()}


def as_uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that make uv install from where pip would."""
    separators = {"find-links": ","}  # pip takes several values apart at white space, uv here at commas
    return {
        variable: separators.get(option, " ").join(settings[option].split())
        for option, variable in UV_VARIABLES.items()
        if option in settings
    }


def as_pip_conf(settings: dict[str, str]) -> str:
    """Return the text of a pip.conf with these settings."""
    lines = [f"{option} = {value.replace(chr(10), chr(10) + '    ')}" for option, value in sorted(settings.items())]
    return "\n".join(["[global]", *lines, ""])
