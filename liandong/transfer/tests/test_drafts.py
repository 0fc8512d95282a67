"""A draft: what is in it, and that nobody but its writer reads it."""

import pytest

from liandong.kernel.seals import SealBroken
from liandong.transfer import drafts

KEY = "0" * 32
SEAL = bytes(16)


def test_a_draft_holds_the_forms_fields_and_nothing_else() -> None:
    said = drafts.tidy({"content": "有人落水", "nature": "help", "csrfmiddlewaretoken": "x", "key": KEY, "title": ""})
    assert said == {"content": "有人落水", "nature": "help"}


def test_a_form_in_which_nothing_was_typed_is_no_draft() -> None:
    assert drafts.tidy({"nature": "help", "division": "140902", "content": " \n"}) == {}


def test_more_than_a_form_takes_is_kept_and_far_more_is_refused() -> None:
    assert len(drafts.tidy({"content": "长" * 20_000})["content"]) == 20_000
    with pytest.raises(drafts.DraftTooLong):
        drafts.tidy({"content": "长" * 60_001})


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"title": "路灯不亮", "content": "别的"}, "路灯不亮"),
        ({"content": "井盖缺失。很危险"}, "井盖缺失"),
        ({"signal": "有人落水"}, "有人落水"),
        ({"caller_phone": "138"}, "尚未写内容"),
    ],
)
def test_the_list_calls_it_by_what_is_known(said: dict[str, str], title: str) -> None:
    assert drafts.title(said) == title


def test_every_word_is_sealed_and_opens_only_for_its_writer_and_key() -> None:
    said = {"content": "张三丰住和平小区🏮", "caller_phone": "13800138000"}
    sealed = drafts.closed(said, person=1, key=KEY, seal_key=SEAL)
    assert b"13800138000" not in sealed
    assert "张三丰".encode() not in sealed
    assert drafts.opened(sealed, person=1, key=KEY, seal_key=SEAL) == said
    for person, key in ((2, KEY), (1, "1" * 32)):
        with pytest.raises(SealBroken):
            drafts.opened(sealed, person=person, key=key, seal_key=SEAL)
