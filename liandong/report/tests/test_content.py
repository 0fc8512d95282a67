"""What a report says."""

from __future__ import annotations

from datetime import date

from liandong.report.content import Report, asks_in_words, day, document_number, texts
from liandong.report.glyphs import in_words, lacking, printable
from liandong.report.tests.plain import BARE, LINKAGE, TRANSFER, report


def words(made: Report) -> str:
    return "\n".join(texts(made))


def test_it_names_the_matter_the_reason_the_deadline_and_the_way_to_answer() -> None:
    said = words(report())
    for told in (
        LINKAGE, TRANSFER, "2026-1版第B0302条", "停车纠纷，无现实危险", "2026年11月24日11时05分", "139****0000",
        "专报回执",        "电话（110）", "请列明《分流事项清单》条目", "催办：请尽快签收",
    ):  # fmt: skip
        assert told in said, told


def test_what_is_not_known_leaves_no_empty_place_behind() -> None:
    said = words(report(**BARE))
    assert "未留姓名" in said
    assert "（未写明）" in said
    for gap in ("：。", "；；", "（）", "：；", "None", "清单》"):
        assert gap not in said.replace("请列明《分流事项清单》", ""), gap


def test_the_slip_has_a_box_for_taking_sending_back_and_feedback() -> None:
    assert [box.label for box in report().boxes] == ["签收", "退回", "反馈办结", "其他意见"]
    assert ("清单版本及条目", "") in report().boxes[1].blanks


def test_a_danger_is_to_be_acted_on_at_once_and_not_sent_back() -> None:
    said = asks_in_words("offered", danger=True, mine=False, own="请出动。")
    assert said.startswith("本件涉及正在发生的险情，请立即处置，不得退回")
    assert said.endswith("请出动。")


def test_nothing_is_asked_of_the_other_side_while_the_decision_is_ours() -> None:
    assert "函告" in asks_in_words("offered", danger=False, mine=True, own="")


def test_number_and_date_are_written_as_the_standard_says() -> None:
    assert document_number("忻热专报", 2026, 7) == "忻热专报〔2026〕7号"
    assert day(date(2026, 1, 2)) == "2026年1月2日"


def test_a_report_that_was_kept_is_read_back_as_it_was() -> None:
    made = report(marked={"secrecy": "工作秘密"})
    assert Report.read(made.as_json()) == made


def test_a_character_without_a_shape_is_named_and_the_words_around_it_stay() -> None:
    made = report(content="家住𠮷野巷\ufe0f")
    covered = frozenset(ord(one) for one in words(made) if one not in "𠮷\ufe0f")
    assert lacking(made, covered) == ["𠮷"]
    assert "家住〓（U+20BB7）野巷" in words(printable(made, covered)).splitlines()
    assert "U+20BB7" in in_words(lacking(made, covered))


def test_with_every_character_at_hand_nothing_is_changed_or_said() -> None:
    made = report()
    covered = frozenset(map(ord, words(made)))
    assert printable(made, covered) == made
    assert in_words(lacking(made, covered)) == ""
