"""Changes that contradict what somebody else did meanwhile: a person decides, and the decision passes the door."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.lifecycle import kind
from greening.models.base import Living
from greening.models.event import Event


def disputed(event: Event) -> Living | None:
    """The object that a kept change is about, as it stands now; None where it is not known."""
    found = kind(event.kind)
    if found is None:
        return None
    return found.model_class._default_manager.filter(uuid=event.object_uuid).first()


@transaction.atomic
def settle(
    event: Event, keep: Collection[str], *, by: User, device: str = "", override: str = ""
) -> Verdict | None:
    """Settle a kept change: of the fields it asked for, those in `keep` are written now, the others stay.

    Nothing is written, and None answered, where `keep` is empty. A verdict that did not land leaves the change
    open. Raises BadInput where somebody has settled it already.
    """
    held = Event.objects.to_settle().select_for_update().filter(pk=event.pk).first()
    if held is None:
        raise BadInput(_("Somebody has settled this change already."))
    verdict = None
    if keep:
        obj = disputed(held)
        if obj is None:
            raise BadInput(_("The object of this change is no longer there."))
        verdict = apply(
            Change(
                kind=held.kind,
                object_uuid=held.object_uuid,
                patch={name: value for name, value in held.patch.items() if name in keep},
                base_rev=obj.rev,
                actor=by,
                source=Event.Source.WEB,
                device=device,
                cause=held.uuid,
                override=override,
            )
        )[0]
        if not verdict.landed:
            return verdict
    mark(held, by)
    return verdict


def mark(event: Event, by: User) -> None:
    """Write down who settled a kept change, and when."""
    Event.objects.to_settle().filter(pk=event.pk).update(settled_at=timezone.now(), settled_by=by)
