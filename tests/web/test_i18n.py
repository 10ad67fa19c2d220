"""Every reason that anybody can meet is said in both languages."""

from __future__ import annotations

import pytest

from bidroom.facts import Refused
from bidroom.web.errors import problem, status_of
from bidroom.web.i18n import FOLDERS, catalogue, causes, language_of
from tests.web import reasons


@pytest.mark.parametrize("tongue", FOLDERS)
def test_every_reason_is_translated(tongue: str) -> None:
    assert reasons.reasons() - catalogue(tongue).keys() == set()


@pytest.mark.parametrize("tongue", FOLDERS)
def test_every_cause_is_translated(tongue: str) -> None:
    assert reasons.causes() - causes(tongue).keys() == set()


def test_the_search_for_reasons_finds_them() -> None:
    found = reasons.reasons()
    assert {"stream_unknown", "upload_is_in_time", "header_malformed", "pieces_match_their_commitments"} <= found
    assert len(found) > 200
    assert {"key_not_open", "passphrase_wrong", "key_file_unreadable", "kit_malformed"} <= set(reasons.scripts())


def test_both_catalogues_have_the_same_words_to_say() -> None:
    assert catalogue("zh-CN").keys() == catalogue("en").keys()
    assert causes("zh-CN").keys() == causes("en").keys()


@pytest.mark.parametrize("tongue", FOLDERS)
def test_a_sentence_is_no_name(tongue: str) -> None:
    assert [reason for reason, text in catalogue(tongue).items() if "_" in text] == []


@pytest.mark.parametrize(
    ("header", "tongue"),
    [(None, "zh-CN"), ("", "zh-CN"), ("en-GB,en;q=0.9", "en"), ("de, en;q=0.5", "en"), ("zh-TW", "zh-CN")],
)
def test_the_language_is_the_first_that_is_spoken_here(header: str | None, tongue: str) -> None:
    assert language_of(header) == tongue


def test_a_problem_says_what_and_where() -> None:
    told = problem(Refused("header_malformed", field="parts[0].length", cause="not_padded"), "zh-CN")
    assert told == {
        "type": "/problems/header_malformed",
        "title": "投标文件头格式不正确",
        "status": 400,
        "detail": "投标文件头格式不正确（parts[0].length：填充不正确）",
        "reason": "header_malformed",
        "field": "parts[0].length",
        "cause": "not_padded",
    }


def test_details_never_hide_what_a_problem_is() -> None:
    told = problem(Refused("suspended", status=200, title="fine", phase="suspended"), "en")
    assert (told["status"], told["title"], told["phase"]) == (409, "The opening is suspended", "suspended")


def test_what_the_rules_refuse_is_unprocessable() -> None:
    assert status_of("upload_is_in_time") == 422
    assert status_of("terms_malformed") == 400
    assert status_of("not_your_role") == 403
