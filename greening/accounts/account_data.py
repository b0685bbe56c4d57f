"""The account's own part of a person's data: who they are, where they are signed in, what they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greening.accounts.own_data import ACCOUNT, OwnData, register

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: What a person changed is told this far back; the journal holds the rest.
EVENTS_TOLD = 10_000
#: Log entries need an author: those of people who left stand under this name, which nobody can sign in with.
SOMEBODY_WHO_LEFT = "somebody-who-left"


def export(user: User) -> dict[str, Any]:
    """The account as it stands, without what would open it (password, secrets of the second factor)."""
    from allauth.account.models import EmailAddress
    from django.contrib.admin.models import LogEntry

    from greening.accounts.device import told_by
    from greening.models import Device, Event, Photo

    return {
        "address": user.email,
        "first name": user.first_name,
        "last name": user.last_name,
        "opened": user.date_joined,
        "last signed in": user.last_login,
        "roles": sorted(user.groups.values_list("name", flat=True)),
        "addresses": list(
            EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
        ),
        "consents": list(user.consents.order_by("given_at").values("text", "version", "given_at")),
        "second factors": list(
            user.authenticator_set.values("type", "created_at", "last_used_at")  # type: ignore[attr-defined]
        ),
        "sign-ins": [
            {
                "on": session.created_at,
                "from": session.ip,
                "device": told_by(session.user_agent),
            }
            for session in user.usersession_set.order_by("created_at")  # type: ignore[attr-defined]
        ],
        "crews": list(user.crews.values_list("name", flat=True)),
        "contractors": list(user.contractors.values_list("name", flat=True)),
        "questions": list(
            user.privacy_requests.values("what", "message", "asked_at", "answer", "answered_at")
        ),
        "phones": list(
            Device.objects.filter(person=user).values(
                "uuid", "name", "platform", "registered_at", "last_seen"
            )
        ),
        "photos": list(
            Photo.objects.filter(received_from=user).values("sha256", "received_at", "published_at")
        ),
        "changes": list(
            Event.objects.filter(actor=user)
            .order_by("-id")
            .values("server_time", "kind", "object_uuid", "patch", "source", "device", "status")[
                :EVENTS_TOLD
            ]
        ),
        "office log": list(
            LogEntry.objects.filter(user=user)
            .order_by("-id")
            .values("action_time", "object_repr", "change_message")[:EVENTS_TOLD]
        ),
    }


def erase(user: User) -> None:
    """Take the person out of all that the ground floor knows; their changes stay in the history, without them.

    Rows that merely name the person lose the name by themselves when the user's row goes (SET_NULL, CASCADE).
    """
    from django.contrib.admin.models import LogEntry
    from django.contrib.auth.models import User as Users
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.models import Session
    from django.db.models import Q

    from greening.models import Device, Event, PrivacyRequest

    keys = list(user.usersession_set.values_list("session_key", flat=True))  # type: ignore[attr-defined]
    phones = Device.objects.filter(person=user)
    keys += phones.exclude(session_key="").values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=keys).delete()
    # A phone is called what its owner called it; its captures keep their number and lose the name.
    phones.update(name="", session_key="", person=None)
    # Where a change was made from is where somebody was; what was changed has a place of its own.
    Event.objects.filter(actor=user, position__isnull=False).update(position=None, accuracy_m=None)
    # That a question was asked and answered stays on record, without the words.
    PrivacyRequest.objects.filter(person=user).update(message="", answer="")

    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Users), object_id=str(user.pk)
    ).delete()
    names = {user.email, user.username, user.get_full_name()} - {""}
    told = Q()
    for name in names:
        told |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    if names:
        LogEntry.objects.filter(told).delete()
    if LogEntry.objects.filter(user=user).exists():
        left, made = Users.objects.get_or_create(
            username=SOMEBODY_WHO_LEFT, defaults={"is_active": False}
        )
        if made:
            left.set_unusable_password()
            left.save(update_fields=["password"])
        LogEntry.objects.filter(user=user).update(user=left)


def declare() -> None:
    register(OwnData(ACCOUNT, export, erase))
