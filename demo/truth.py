"""What a correct pipeline must compute from the delivered rows: counted here, from the arrays.

Definitions are those of the figures: events by day of approval, items by day of receipt, cases and
decisions by their own days. One value per indicator and calendar year; the last year runs to the
demo's end. What does not belong here: the targets that the records were made to meet.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from demo.complaint_items import COMPLAINT, CONSULTATION, DAY, NEVER, REPORT, Items
from demo.dice import Dice, Flags, Integers
from demo.entities import (
    BRANCH,
    CANCELLED,
    DEREGISTERED,
    DEREGISTRATION_CANCELLED,
    ENTERPRISE,
    ESTABLISHED,
    HOUSEHOLD,
    MOVED_IN,
    MOVED_OUT,
    RESTORED,
    REVOKED,
    Entities,
    Events,
)
from demo.penalty_cases import LENIENT, NO_VIOLATION, UNDECIDED, Cases
from demo.penalty_lives import MAJOR_FEN
from demo.pledge_contracts import DATA_IP, SECURED, Contracts
from demo.working_days import day_number, years_of

Truth = dict[tuple[str, int], Decimal]

_SIX_PLACES = Decimal("0.000001")


def _count(flags: Flags) -> Decimal:
    return Decimal(int(flags.sum()))


def _rate(name: str, part: Flags, whole: Flags) -> dict[str, Decimal]:
    """The rate under its name; nothing of nothing is no rate."""
    if not whole.any():
        return {}
    return {name: (_count(part) / _count(whole)).quantize(_SIX_PLACES, ROUND_HALF_UP)}


def _yuan(fen: Integers) -> Decimal:
    return (Decimal(int(fen.sum())) / 100).quantize(Decimal("0.01"))


def registrations_truth(entities: Entities, events: Events, start: date, end: date) -> Truth:
    """Establishments, exits and the two stocks at the end of each year."""
    truth: Truth = {}
    kinds = entities.kinds[events.entities]
    years = years_of(events.days)
    registered = np.select(
        [np.isin(events.kinds, (ESTABLISHED, MOVED_IN, RESTORED, DEREGISTRATION_CANCELLED)),
         np.isin(events.kinds, (DEREGISTERED, CANCELLED, MOVED_OUT))], [1, -1], 0,
    )  # fmt: skip
    # Who is revoked leaves the active that day; whatever follows moves the register alone.
    is_revoked = entities.exit_kinds[events.entities] == REVOKED
    active = np.select(
        [events.kinds == REVOKED, is_revoked & (events.days > entities.left[events.entities])],
        [-1, 0], registered,
    )  # fmt: skip
    for year in range(start.year, end.year + 1):
        within = (years == year) & (events.days >= day_number(start))
        new = within & (events.kinds == ESTABLISHED)
        truth |= {
            ("new_market_entities", year): _count(new),
            ("new_enterprises", year): _count(new & (kinds <= BRANCH)),
            ("new_enterprises_without_branches", year): _count(new & (kinds == ENTERPRISE)),
            ("new_individual_households", year): _count(new & (kinds == HOUSEHOLD)),
            ("new_cooperatives", year): _count(new & (kinds > HOUSEHOLD)),
            ("deregistered_entities", year): _count(within & (events.kinds == DEREGISTERED)),
            ("active_entities", year): Decimal(int(active[years <= year].sum())),
            ("registered_entities", year): Decimal(int(registered[years <= year].sum())),
        }
    return truth


def complaints_truth(items: Items, start: date, end: date) -> Truth:
    """Items by year of receipt, as known at the end of the last day."""
    truth: Truth = {}
    received, closed = items.received // DAY, items.closed // DAY
    years, due = years_of(received), items.due_days()
    is_closed, is_due = items.closed != NEVER, due <= day_number(end)
    for year in range(start.year, end.year + 1):
        within = years == year
        counts = {
            "complaints_received": within & (items.kinds == COMPLAINT),
            "reports_received": within & (items.kinds == REPORT),
            "consultations_received": within & (items.kinds == CONSULTATION),
            "complaints_and_reports_received": within & (items.kinds != CONSULTATION),
            "items_received": within,
            "items_closed": within & is_closed,
            "items_due": within & is_due,
            "items_closed_when_due": within & is_due & is_closed,
            "items_closed_on_time": within & is_due & is_closed & (closed <= due),
            "items_not_yet_due": within & ~is_due,
        }
        figures = {name: _count(flags) for name, flags in counts.items()}
        for rate, (part, whole) in {
            "closure_rate": ("items_closed", "items_received"),
            "due_closure_rate": ("items_closed_when_due", "items_due"),
            "on_time_closure_rate": ("items_closed_on_time", "items_due"),
        }.items():
            figures |= _rate(rate, counts[part], counts[whole])
        for name, (due_on, ended) in items.terms().items():
            term = within & (due_on != NEVER)
            is_over = term & (due_on <= day_number(end))
            figures[f"{name}s_not_yet_due"] = _count(term & ~is_over)
            figures |= _rate(f"{name}_on_time_rate", is_over & (ended <= due_on), is_over)
        days = np.sort((closed - received)[within & is_closed])
        if len(days):
            figures["median_handling_days"] = _median(days)
            figures["p90_handling_days"] = _percentile(days, Decimal("0.9"))
        truth |= {(name, year): value for name, value in figures.items()}
    return truth


def _median(ordered: Integers) -> Decimal:
    """The middle value, or the mean of the two in the middle."""
    middle = len(ordered) // 2
    return (Decimal(int(ordered[middle])) + Decimal(int(ordered[(len(ordered) - 1) // 2]))) / 2


def _percentile(ordered: Integers, share: Decimal) -> Decimal:
    """The smallest value that at least this share of the values do not exceed (discrete)."""
    place = int((share * len(ordered)).to_integral_value(rounding="ROUND_CEILING")) - 1
    return Decimal(int(ordered[max(place, 0)]))


def pledges_truth(contracts: Contracts, start: date, end: date) -> Truth:
    """Contracts and amounts by year of registration."""
    truth: Truth = {}
    years = years_of(contracts.days)
    # Credit lines and money drawn are other kinds of amount and are not added to it.
    secured = contracts.amount_kinds == SECURED
    secured_data = secured & (contracts.kinds == DATA_IP)
    for year in range(start.year, end.year + 1):
        within = years == year
        truth |= {
            ("ip_pledge_contracts", year): _count(within),
            ("pledge_amount", year): _yuan(contracts.amounts[within & secured]),
            ("data_ip_pledge_amount", year): _yuan(contracts.amounts[within & secured_data]),
        }
    return truth


def penalties_truth(dice: Dice, cases: Cases, start: date, end: date) -> Truth:
    """Cases by year of filing; decisions and what hangs on them by year of decision."""
    truth: Truth = {}
    last, due, publication_due = day_number(end), cases.due_days(), cases.publication_due_days()
    # Two parties get a decision each, published together.
    decisions = np.where(cases.has_two_parties, 2, 1)
    is_publishable = cases.is_publishable(dice)
    is_decided = cases.decided != UNDECIDED
    decided_in = np.where(is_decided, years_of(np.where(is_decided, cases.decided, 0)), 0)
    lenient = cases.kinds == LENIENT
    for year in range(start.year, end.year + 1):
        decided = decided_in == year
        # What is decided on the spot is not filed and has no term.
        filed = (years_of(cases.filed) == year) & ~cases.is_on_the_spot
        truth |= {
            ("cases_filed", year): _count(filed),
            ("major_cases", year): _count(decided & (cases.penalties >= MAJOR_FEN)),
            ("panel_reviewed_cases", year): _count(decided & cases.is_panel_reviewed),
            ("penalty_amount", year): _yuan(cases.penalties[decided]),
            ("lenient_cases", year): _count(decided & lenient),
            ("lenient_amount_waived", year): _yuan(cases.waived[decided & lenient]),
            ("cases_without_violation", year): _count(decided & (cases.kinds == NO_VIOLATION)),
            ("penalty_decisions_made", year): Decimal(
                int(decisions[decided & (cases.kinds <= NO_VIOLATION)].sum())
            ),
        }
        public = decided & is_publishable
        public_due = public & (publication_due <= last)
        rates = {
            "cases_not_yet_due": _count(filed & (due > last)),
            "decisions_not_yet_due_for_publication": Decimal(
                int(decisions[public & (publication_due > last)].sum())
            ),
            **_rate("case_decision_on_time_rate", filed & (due <= last) & (cases.decided <= due),
                    filed & (due <= last)),
            **_rate(
                "penalty_publication_on_time_rate",
                np.repeat(public_due & (cases.published <= publication_due), decisions),
                np.repeat(public_due, decisions),
            ),
        }  # fmt: skip
        truth |= {(name, year): value for name, value in rates.items()}
    return truth
