"""The command line for accounts."""

from __future__ import annotations

import re

import pytest

from config import people
from liandong.identity.models import Person
from liandong.identity.tests import cast

pytestmark = pytest.mark.django_db


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    found = re.search(r"首次密码 (\S+)", capsys.readouterr().out)
    assert found is not None
    return found[1]


def test_the_first_account_of_a_city_is_opened_and_its_password_reset(capsys: pytest.CaptureFixture[str]) -> None:
    cast.city()
    assert people.main(["add", "first", "首位管理员", "--post", "admin"]) == 0
    password = printed(capsys)
    assert Person.objects.get(username="first").check_password(password)
    assert people.main(["password", "first"]) == 0
    again = printed(capsys)
    assert again != password
    assert Person.objects.get(username="first").check_password(again)
    assert Person.objects.get(username="first").must_change_password


def test_what_is_refused_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    cast.city()
    assert people.main(["add", "first", "首位管理员", "--post", "nosuch"]) == 1
    assert people.main(["password", "nobody"]) == 1
    assert capsys.readouterr().err == "未办理：没有这个岗位、台席或单位。\n未办理：没有这个账号。\n"
