"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOBODY_OF_ADDRESS = Message(
    "accounts.nobody_of_address",
    "Nobody signs in with this address. Administrators: %(names)s.",
)
CAN_SIGN_IN = Message("accounts.can_sign_in", "This person can sign in: nobody has to let them in again.")
ENDED_OFTEN = Message(
    "accounts.ended_often",
    "This person was signed out everywhere three times within an hour. Where somebody else has their password, switch "
    "the account off.",
)
SWITCHED_OFF = Message(
    "accounts.switched_off",
    "This account is switched off. An administrator can switch it on again, under People.",
)
LINK_USED = Message("accounts.link_used", "This link has been used or is too old. Ask for another one.")
INVITATION_TAKEN_UP = Message(
    "accounts.invitation_taken_up",
    "This person has chosen a password already. A forgotten one is replaced on the sign-in page.",
)
SETUP_LINK_USED = Message(
    "accounts.setup_link_used",
    "This link has been used or is too old. Restart Orbweaver to get a new one.",
)
ORGANISATION_TAKEN = Message("accounts.organisation_taken", "An organisation of this name is here already.")
ADDRESS_TAKEN = Message("accounts.address_taken", "Somebody with this address is here already.")
SWITCHING_ONESELF_OFF = Message(
    "accounts.switching_oneself_off",
    "You cannot switch off your own account. Ask another administrator.",
)
LAST_ADMINISTRATOR = Message(
    "accounts.last_administrator",
    "This is the last administrator. Give the role to somebody else first.",
)
OLD_PASSWORD_WRONG = Message("accounts.old_password_wrong", "The current password is not right. Nothing was changed.")
AGREEMENT_ENDS_EARLY = Message(
    "accounts.agreement_ends_early",
    "The agreement would end before the day of vetting. Nothing was changed.",
)
AGREEMENT_ENDED_BEFORE = Message("accounts.agreement_ended_before", "This agreement was ended before.")
ENDED_BECAUSE = Message("accounts.ended_because", "Say why the agreement ends: whoever asks later reads it.")
NOT_AGREED_ON = Message(
    "accounts.not_agreed_on",
    "The agreement of your organisation does not cover this. Ask the administrator.",
)
NOT_AGREED_WITH = Message(
    "accounts.not_agreed_with",
    "No agreement with %(name)s that covers this is in force today. Nothing was done.",
)
NO_SUCH_AGREEMENT = Message("accounts.no_such_agreement", "There is no agreement %(id)s.")
NO_SUCH_ORGANISATION = Message("accounts.no_such_organisation", "There is no organisation named %(name)s.")
CODE_WRONG = Message(
    "accounts.code_wrong",
    "This code is wrong or was used already. Wait for the next one; the phone’s clock must be right.",
)
FACTOR_KEPT = Message("accounts.factor_kept", "A second factor is in use already. Nothing was changed.")
FACTOR_MISSING = Message(
    "accounts.factor_missing", "Nobody has begun to set up a second factor here. Open its page again."
)
PASSKEY_REFUSED = Message(
    "accounts.passkey_refused",
    "The passkey was not accepted. Try again; if it happens again, sign in with your password.",
)
PASSKEY_KNOWN = Message("accounts.passkey_known", "This passkey is in use already. Nothing was changed.")
PASSKEYS_MANY = Message(
    "accounts.passkeys_many",
    "You have %(most)s passkeys already. Remove one that you do not use first.",
)
PASSKEYS_NEED_NAME = Message(
    "accounts.passkeys_need_name",
    "Passkeys need this site to have a name and an encrypted connection (https), or the name localhost. The "
    "administrator sets it as the installation’s address (ORBWEAVER_BASE_URL).",
)
PASSWORD_WEAK = Message(
    "accounts.password_weak",
    "%(reasons)s",
)
TEST_KEY_SCANS_ALONE = Message(
    "accounts.test_key_scans_alone",
    "A key for tests may scan, and nothing else.",
)
MAY_NOT_ASSESS = Message(
    "accounts.may_not_assess",
    "Your roles do not include assessing. A hotline manager can ask the administrator to add them.",
)
NO_AGREEMENT = Message(
    "accounts.no_agreement",
    "Your organisation has no agreement that is valid today. Ask the administrator to renew it.",
)
TRAINING_MISSING = Message(
    "accounts.training_missing",
    "Your sexual-maturation training is missing or older than 12 months. Renew it before you assess.",
)
NOT_A_NETWORK = Message(
    "accounts.not_a_network",
    "This is no network. Write it such as 192.0.2.0/24 or 2001:db8::/32.",
)
NOT_BINDABLE = Message(
    "accounts.not_bindable",
    "This role cannot be bound to this: its pages do not keep to it. A liaison can be bound to an organisation, "
    "countries and cases, an analyst to an organisation and countries. Nothing was changed.",
)
BOUND_OTHERWISE = Message(
    "accounts.bound_otherwise",
    "This person has the role already, bound to something else or to nothing. Take it away first.",
)
BOUND_ALONE = Message(
    "accounts.bound_alone",
    "Whoever has a role that is bound to an organisation, countries or cases has no other role.",
)
NOTHING_TO_BIND = Message(
    "accounts.nothing_to_bind",
    "Name a role that this person has, and an organisation, countries or cases. Nothing was changed.",
)
