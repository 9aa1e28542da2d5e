"""Accounts, sessions, browsers, programs and the audit as rows, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from telemetry.fleet.accounts import audit, browsers, programs, register, sessions
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.accounts.person import COMMAND_LINE, Act, Person, Role
from telemetry.fleet.accounts.register import UnfitError
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.store import schema

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
LASTING = Lasting(idle=timedelta(minutes=30), longest=timedelta(hours=12), kept=timedelta(hours=8))
CHEN = Person(name="WH-0001", full_name="陈", role=Role.BUREAU)
WANG = Person(name="wang", full_name="王", role=Role.MAINTAINER, counties=frozenset({"lanxi"}), areas=frozenset({"北片"}))


def _add(engine: Engine, *people: Person) -> None:
    with engine.begin() as connection:
        for person in people:
            register.add(connection, person, hashed="hash", now=NOW)


def test_an_account_is_found_as_it_was_written_letter_case_aside(store: Engine) -> None:
    _add(store, WANG)
    with store.connect() as connection:
        found = register.find(connection, "WANG")
        assert found is not None
        assert (found.person, found.is_closed, found.created_at) == (WANG, False, NOW)
        assert register.password_hash(connection, "Wang") == "hash"


def test_a_name_is_one_persons_for_ever(store: Engine) -> None:
    _add(store, CHEN, WANG)
    with store.begin() as connection:
        register.close(connection, "wang")
        assert register.password_hash(connection, "wang") is None
        for name, why in (("Wang", "taken"), ("zhizhu-fleet", "taken"), ("local", "taken"), ("a b", "name"), ("", "name")):
            with pytest.raises(UnfitError) as refused:
                register.add(connection, replace(WANG, name=name), hashed="x", now=NOW)
            assert refused.value.why == why
        programs.add(connection, replace(WANG, name="prometheus"), now=NOW)
        with pytest.raises(UnfitError):
            register.check_name(connection, "Prometheus")


def test_the_last_of_the_bureau_stays(store: Engine) -> None:
    _add(store, CHEN, WANG)
    with store.begin() as connection:
        with pytest.raises(UnfitError, match="last account of the bureau"):
            register.close(connection, CHEN.name)
        with pytest.raises(UnfitError, match="last account of the bureau"):
            register.change(connection, replace(CHEN, role=Role.VIEWER))
        register.change(connection, replace(WANG, role=Role.BUREAU))
        register.close(connection, CHEN.name)


@pytest.mark.parametrize("person", [replace(WANG, full_name="x" * 33), replace(WANG, areas=frozenset({"a\nb"}))])
def test_texts_no_page_has_room_for_are_refused(store: Engine, person: Person) -> None:
    with store.begin() as connection, pytest.raises(UnfitError):
        register.add(connection, person, hashed="x", now=NOW)


def test_a_session_ends_when_idle_and_at_its_end_and_a_kept_one_only_at_its_end(store: Engine) -> None:
    _add(store, WANG)
    with store.begin() as connection:
        short = sessions.open_session(connection, "wang", is_kept=False, address="10.0.0.1", lasting=LASTING, now=NOW)
        kept = sessions.open_session(connection, "wang", is_kept=True, address="10.0.0.1", lasting=LASTING, now=NOW)

        def open_after(token: str, hours: float) -> bool:
            return sessions.find(connection, token, lasting=LASTING, now=NOW + timedelta(hours=hours)) is not None

        assert open_after(short.token, 0.4)
        assert not open_after(short.token, 0.6)
        assert open_after(kept.token, 7.9)
        assert not open_after(kept.token, 8.1)
        for half_hour in range(1, 48):
            sessions.touch(connection, short.token, now=NOW + timedelta(minutes=25 * half_hour))
        assert not open_after(short.token, 12.1)


def test_only_hashes_of_tokens_are_kept(store: Engine) -> None:
    _add(store, WANG)
    with store.begin() as connection:
        opened = sessions.open_session(connection, "wang", is_kept=False, address="", lasting=LASTING, now=NOW)
        program = programs.add(connection, replace(WANG, name="prometheus"), now=NOW)
        browser = browsers.new_token()
        browsers.remember(connection, "wang", browser, now=NOW)
        for table in (schema.session, schema.program, schema.browser):
            written = str(connection.execute(select(table)).all())
            assert opened.token not in written
            assert program not in written
            assert browser not in written


def test_closing_an_account_ends_its_sessions_even_if_their_rows_stay(store: Engine) -> None:
    _add(store, CHEN, WANG)
    with store.begin() as connection:
        opened = sessions.open_session(connection, "wang", is_kept=True, address="", lasting=LASTING, now=NOW)
        register.close(connection, "wang")
        assert sessions.find(connection, opened.token, lasting=LASTING, now=NOW) is None


def test_a_session_is_ended_by_its_owner_and_by_nobody_else(store: Engine) -> None:
    _add(store, CHEN, WANG)
    with store.begin() as connection:
        mine = sessions.open_session(connection, "wang", is_kept=True, address="10.0.0.1", lasting=LASTING, now=NOW)
        other = sessions.open_session(connection, "wang", is_kept=True, address="10.0.0.2", lasting=LASTING, now=NOW)
        listed = sessions.of_account(connection, "wang", lasting=LASTING, now=NOW)
        assert {one.address for one in listed} == {"10.0.0.1", "10.0.0.2"}
        of_mine = next(one.id for one in listed if one.address == "10.0.0.1")
        assert not sessions.end_one(connection, CHEN.name, of_mine)
        assert not sessions.end_one(connection, "wang", "")
        assert sessions.end_one(connection, "wang", of_mine)
        assert sessions.find(connection, mine.token, lasting=LASTING, now=NOW) is None
        assert sessions.end_all(connection, "wang", but=other.token) == 0
        assert sessions.find(connection, other.token, lasting=LASTING, now=NOW) is not None


def test_sessions_that_are_over_are_swept_when_somebody_signs_in(store: Engine) -> None:
    _add(store, WANG)
    with store.begin() as connection:
        sessions.open_session(connection, "wang", is_kept=False, address="", lasting=LASTING, now=NOW)
        later = NOW + timedelta(days=1)
        sessions.open_session(connection, "wang", is_kept=False, address="", lasting=LASTING, now=later)
        assert connection.execute(select(func.count()).select_from(schema.session)).scalar_one() == 1


def test_a_browser_is_known_for_the_account_it_was_used_with_and_the_oldest_are_forgotten(store: Engine) -> None:
    with store.begin() as connection:
        tokens = [browsers.new_token() for _ in range(browsers.KEPT + 1)]
        for number, token in enumerate(tokens):
            browsers.remember(connection, "wang", token, now=NOW + timedelta(minutes=number))
        assert not browsers.knows(connection, "wang", tokens[0])
        assert browsers.knows(connection, "wang", tokens[-1])
        assert not browsers.knows(connection, "li", tokens[-1])
        assert not browsers.knows(connection, "wang", "")
        browsers.forget(connection, "wang")
        assert not browsers.knows(connection, "wang", tokens[-1])


def test_a_program_is_who_its_token_says_until_it_is_revoked(store: Engine) -> None:
    with store.begin() as connection:
        token = programs.add(connection, replace(WANG, name="ledger", full_name="ledger"), now=NOW)
        found = programs.find(connection, token)
        assert found is not None
        assert (found.name, found.role, found.counties) == ("ledger", Role.MAINTAINER, frozenset({"lanxi"}))
        assert programs.find(connection, token + "x") is None
        assert programs.revoke(connection, "ledger")
        assert programs.find(connection, token) is None
        assert not programs.revoke(connection, "ledger")


def test_an_act_is_noted_on_one_line_that_fits(store: Engine) -> None:
    with store.begin() as connection:
        audit.note(connection, WANG, Act.FIX, now=NOW, about="ticket\x00 1" * 40, detail="line\nline\r" * 200, address="a" * 99)
        (noted,) = audit.read(connection, Question())
    assert (noted.by, noted.role, noted.act, noted.result, noted.at) == ("wang", "maintainer", "ticket.fix", "done", NOW)
    assert len(noted.about) == len(noted.address) == 64
    assert len(noted.detail) == 400
    assert noted.detail.endswith("…")
    assert noted.detail.isprintable()


def test_an_act_that_is_undone_leaves_no_note(store: Engine) -> None:
    with store.connect() as connection:
        with connection.begin() as act:
            audit.note(connection, WANG, Act.FIX, now=NOW)
            act.rollback()
        assert audit.read(connection, Question()) == ()


def test_the_audit_is_narrowed_by_kiosk_day_person_and_act_and_to_what_its_reader_may_see(store: Engine) -> None:
    with store.begin() as connection:
        audit.note(connection, WANG, Act.FIX, now=NOW, county="lanxi", kiosk="K1")
        audit.note(connection, WANG, Act.ARRIVE, now=NOW - timedelta(days=1), county="lanxi", kiosk="K1")
        audit.note(connection, CHEN, Act.FIX, now=NOW, county="other", kiosk="K1")
        audit.note(connection, CHEN, Act.SIGN_IN, now=NOW)
        audit.note(connection, COMMAND_LINE, Act.MANAGE_ACCOUNTS, now=NOW, about="account wang")
        audit.note(connection, None, Act.SIGN_IN, now=NOW, result="refused")

        def count(question: Question) -> int:
            assert len(audit.read(connection, question)) == audit.count(connection, question)
            return audit.count(connection, question)

        assert count(Question()) == 6
        assert count(Question(since=NOW, before=NOW + timedelta(days=1))) == 5
        assert count(Question(county="lanxi", kiosk="K1")) == 2
        assert count(Question(by="WH-0001")) == 2
        assert count(Question(act="ticket.fix")) == 2
        assert count(Question(counties=frozenset({"lanxi"}), reader="sj")) == 2
        assert count(Question(counties=frozenset({"lanxi"}), reader="WH-0001")) == 4
        assert audit.names(connection, Question(counties=frozenset({"lanxi"}), reader="sj")) == ["wang"]
