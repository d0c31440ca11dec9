"""Machines that were invited. A machine sees and changes its own row alone: the database keeps it to that."""

from __future__ import annotations

from django.db import models

from orbweaver.platform.fields import public_id_field


class Machine(models.Model):
    """One machine, and the database's role as which it signs in. All times are real.

    What a machine says of itself is bounded by a trigger: times are the database's, its one reason that it left.

    invited → joined → gone (it left, was revoked, or its token lapsed).
    """

    class Gone(models.TextChoices):
        """Why it may no longer sign in."""

        LEFT = "left"
        REVOKED = "revoked"
        LAPSED = "lapsed", "nobody joined with its token"

    public_id = public_id_field("mch")
    part = models.CharField(max_length=20, help_text="What it may do: the name of a part")
    role = models.CharField(max_length=60, unique=True, help_text="The database's role as which it signs in")
    invited_at = models.DateTimeField()
    invited_by = models.CharField(max_length=40, help_text="Who: a public identifier, or the command line")
    expires_at = models.DateTimeField(help_text="Until when the token counts")
    name = models.CharField(max_length=100, blank=True, help_text="What it calls itself")
    version = models.CharField(max_length=40, blank=True, help_text="Of the program")
    joined_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True, help_text="Since when its role is not bound to the token's hour any more")
    seen_at = models.DateTimeField(null=True, help_text="When it last said that it lives")
    done = models.BigIntegerField(default=0, help_text="Addresses that it has recorded")
    draining_since = models.DateTimeField(null=True, help_text="It takes nothing new and ends what it has in hand")
    gone_at = models.DateTimeField(null=True)
    gone_because = models.CharField(max_length=10, choices=Gone.choices, blank=True)

    def __str__(self) -> str:
        return str(self.public_id)
