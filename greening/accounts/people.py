"""Giving roles: one way in, from the page and from the terminal, with a trace of who gave what."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from greening.accounts.account_data import SOMEBODY_WHO_LEFT
from greening.errors import BadInput
from greening.roles import Role


def named(user: User) -> str:
    """How colleagues read a person's name: the name where it was given, the address where not."""
    return user.get_full_name() or user.email or user.get_username()


def person(email: str) -> User:
    """Whoever signs in with this address. Raises BadInput where nobody does."""
    found = User.objects.filter(
        Q(email__iexact=email)
        | Q(pk__in=EmailAddress.objects.filter(email__iexact=email, verified=True).values("user"))
    ).first()
    if found is None:
        raise BadInput(
            f"Nobody here has the address {email}: let them sign up first, or make the first "
            "administrator with manage.py createsuperuser."
        )
    return found


def people(search: str = "", role: str = "") -> QuerySet[User]:
    """Everybody with an account, or those whose address or name holds `search` and who have `role`."""
    found = User.objects.prefetch_related("groups").exclude(username=SOMEBODY_WHO_LEFT)
    if search:
        found = found.filter(
            Q(email__icontains=search)
            | Q(first_name__icontains=search)
            | Q(last_name__icontains=search)
        )
    if role:
        found = found.filter(groups__name=role)
    return found


def groups_of(user: User) -> set[str]:
    """The roles a person was given, whether they may sign in or not."""
    return set(user.groups.values_list("name", flat=True)) & set(Role)


@transaction.atomic
def set_roles(
    user: User, roles: Iterable[str], *, by: User | None = None, active: bool | None = None
) -> None:
    """Give `user` these roles and no other, and say who did it.

    Raises BadInput for a role there is not, and where `by` would change a superuser without being one, or take
    the administration from themselves (a town must not lock itself out).
    """
    wanted = set(roles)
    unknown = wanted - set(Role)
    if unknown:
        raise BadInput(
            f"There is no role {', '.join(sorted(unknown))}; the roles are {', '.join(Role)}."
        )
    if by is not None:
        if user.is_superuser and not by.is_superuser:
            raise BadInput(_("The first administrator's account is changed at the terminal only."))
        kept = user.is_superuser or Role.ADMINISTRATOR in wanted
        if user == by and (active is False or not kept):
            raise BadInput(_("Nobody takes the administration from themselves: ask a colleague."))
    before, was_active = groups_of(user), user.is_active
    groups = {
        role: Group.objects.get_or_create(name=role)[0] for role in sorted({*wanted, *before})
    }
    user.groups.remove(*(groups[role] for role in before - wanted))
    user.groups.add(*(groups[role] for role in wanted - before))
    user.__dict__.pop("_roles", None)
    if active is not None and active != was_active:
        user.is_active = active
        user.save(update_fields=["is_active"])
    if before == wanted and user.is_active == was_active:
        return
    _note(user, by, before, wanted, was_active)


def _note(
    user: User, by: User | None, before: Iterable[str], wanted: Iterable[str], was_active: bool
) -> None:
    said = f"roles: {', '.join(sorted(before)) or '–'} → {', '.join(sorted(wanted)) or '–'}"
    if user.is_active != was_active:
        said += f"; may sign in: {was_active} → {user.is_active}"
    # A log entry needs an author: what was done at the terminal stands under the person's own name.
    author = by or user
    LogEntry.objects.log_actions(
        author.pk, [user], CHANGE, said if by else f"{said} (manage.py)", single_object=True
    )


@transaction.atomic
def forget_factors_of(user: User, *, by: User) -> None:
    """Take every second factor off an account whose owner lost it, say who did, and tell the owner.

    Raises BadInput for one's own account (its page does that, with the factor itself) and for a superuser's, unless
    another superuser does it.
    """
    from allauth.account.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    if user == by:
        raise BadInput(_("Take your own second factor off on your account's page."))
    if user.is_superuser and not by.is_superuser:
        raise BadInput(_("The first administrator's account is changed at the terminal only."))
    taken, _by_model = Authenticator.objects.filter(user=user).delete()
    if not taken:
        return
    LogEntry.objects.log_actions(
        by.pk, [user], CHANGE, "second factor taken off", single_object=True
    )
    transaction.on_commit(
        lambda: get_adapter().send_mail("account/email/factor_taken_off", user.email, {})
    )


def confirm_address(user: User) -> None:
    """The account's own address counts as confirmed: whoever made the account vouches for it."""
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=user.email).update(
        primary=False
    )
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
