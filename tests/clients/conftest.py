"""Where the clients are that take long to install: `cargo xtask clients` installs them and names them."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))


@pytest.fixture(scope="session")
def ansible():
    """The program that runs playbooks."""
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    if not program.exists():
        pytest.skip(f"NO ANSIBLE: {program} is not there")
    return program


@pytest.fixture(scope="session")
def coldsnap():
    program = os.environ.get("EBBSTONE_COLDSNAP", "")
    if not program:
        pytest.skip("NO COLDSNAP: EBBSTONE_COLDSNAP does not name the program")
    return program
