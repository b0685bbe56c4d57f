"""The land's scheduled work: offers that lapse, draws, reconfirmations, renewals, forgetting. Each step is asked of
the state that it changes, so a second run finds nothing to do and a missed night is caught up by the next."""

from __future__ import annotations

import datetime as dt

from greening.due import Work, register


def _draws(day: dt.date) -> str:
    from parcels.applying import draws

    return draws(day)


def _offers(day: dt.date) -> str:
    from parcels.offering import expire_due

    return expire_due(day)


def _reconfirmations(day: dt.date) -> str:
    from parcels.applying import reconfirmations

    return reconfirmations(day)


def _renewals(day: dt.date) -> str:
    from parcels.adopting import renewals

    return renewals(day)


def _forgotten(day: dt.date) -> str:
    from parcels.forgetting import forget_idle

    return forget_idle(day)


def declare() -> None:
    register(
        Work("garden draws", _draws),
        Work("garden offers", _offers),
        Work("garden reconfirmations", _reconfirmations),
        Work("garden renewals", _renewals),
        Work("former gardeners", _forgotten),
    )
