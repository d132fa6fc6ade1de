"""Every rule and what it means for clients.

Ids and levels are oasdiff's where it has such a rule, so that its documentation explains them;
`OVERRIDDEN` says where we judge otherwise, and why. Source: oasdiff, checker/rules.go.
"""

from agent.openapi.change import Level
from agent.openapi.places import PLACES

_LETTERS = {"E": Level.ERROR, "W": Level.WARNING, "I": Level.INFO}

# One column for each place, in the order of `PLACES`. Capitals: a rule of oasdiff; small letters:
# ours, for a place that oasdiff has no such rule for (inside a parameter the rule about the whole
# parameter); a dot: nothing is said there.
_SCHEMA_RULES = """
added                               .........I
additional-properties-closed        eeeee.ii.i
additional-properties-opened        iiiii.ii.i
all-of-added                        eeeEE.II.i
all-of-added-annotation-only        iiiII.II.i
all-of-removed                      wwwWW.II.i
all-of-removed-annotation-only      iiiII.II.i
any-of-added                        iiiII.II.e
any-of-removed                      eeeEE.II.i
became-enum                         EeEEE.ii.i
became-not-enum                     iiiii.ww.w
became-not-nullable                 EEeEE.II.I
became-nullable                     IIiII.EE.E
became-optional                     Iii.I..EIE
became-required                     EeE.E..II.
became-required-with-default        ....E.....
const-added                         eeeEE.II.i
const-changed                       eeeEE.EE.e
const-removed                       iiiII.EE.e
contains-added                      eeeEE.II.i
contains-removed                    iiiII.EE.e
content-encoding-changed            eeeEE.EE.e
content-media-type-changed          eeeEE.EE.e
content-schema-added                eeeEE.II.i
content-schema-removed              iiiII.EE.e
default-value-added                 EwwII.II.i
default-value-changed               EwwII.II.i
default-value-removed               EwwII.II.i
dependent-required-added            eeeEE.II.i
dependent-required-changed          eeeEE.EE.e
dependent-required-removed          iiiII.EE.e
dependent-schema-added              eeeEE.II.i
dependent-schema-removed            iiiII.EE.e
deprecated                          I...I..I..
deprecated-sunset-invalid           ....E..E..
deprecated-sunset-missing           E...E..E..
deprecated-with-sunset              ....I..I..
discriminator-added                 iiiII.II.i
discriminator-mapping-added         iiiII.II.i
discriminator-mapping-changed       iiiII.II.i
discriminator-mapping-deleted       iiiII.II.w
discriminator-property-name-changed iiiII.II.i
discriminator-removed               iiiII.II.i
else-added                          eeeEE.II.i
else-removed                        iiiII.EE.e
enum-value-added                    IIiiI.wWIw
enum-value-removed                  EEeEEI.I.i
exclusive-max-decreased             EeeEEIii.i
exclusive-max-increased             IiiII.EE.e
exclusive-max-set                   WwwWW.ii.i
exclusive-max-unset                 iiiii.ee.e
exclusive-min-decreased             IiiII.EE.e
exclusive-min-increased             EeeEEIii.i
exclusive-min-set                   WwwWW.ii.i
exclusive-min-unset                 iiiii.ee.e
if-added                            eeeEE.II.i
if-removed                          iiiII.EE.e
list-of-types-narrowed              EEeEE.II.i
list-of-types-widened               IIiII.EE.e
max-contains-decreased              eeeEE.II.i
max-contains-increased              iiiII.EE.e
max-decreased                       EeeEEIii.i
max-increased                       IiiII.EE.e
max-items-decreased                 Eeeee.ii.i
max-items-increased                 Iiiii.ee.e
max-items-set                       wwwww.ii.i
max-items-unset                     iiiii.ee.e
max-length-decreased                EeeEEIii.i
max-length-increased                IiiII.EE.e
max-length-set                      WwwWW.ii.i
max-length-unset                    iiiii.EE.e
max-properties-decreased            eeeee.ii.i
max-properties-increased            iiiii.ee.e
max-properties-set                  wwwww.ii.i
max-properties-unset                iiiii.ee.e
max-set                             WwwWW.ii.i
max-unset                           iiiii.ee.e
min-contains-decreased              iiiII.EE.e
min-contains-increased              eeeEE.II.i
min-decreased                       IiiII.EE.e
min-increased                       EeeEEIii.i
min-items-decreased                 Iiiii.EE.e
min-items-increased                 EeeEE.ii.i
min-items-set                       WwwWW.ii.i
min-items-unset                     iiiii.EE.e
min-length-decreased                IiiII.EE.e
min-length-increased                EeeEE.ii.i
min-length-set                      wwwww.ii.i
min-length-unset                    iiiii.ee.e
min-properties-decreased            iiiii.ee.e
min-properties-increased            eeeee.ii.i
min-properties-set                  wwwww.ii.i
min-properties-unset                iiiii.ee.e
min-set                             WwwWW.ii.i
min-unset                           iiiii.ee.e
multiple-of-changed                 eeeee.ww.w
multiple-of-set                     wwwww.ii.i
multiple-of-unset                   iiiii.ww.w
not-added                           wwwww.ii.i
not-removed                         iiiii.ww.w
one-of-added                        iiiII.EE.e
one-of-removed                      eeeEE.II.i
pattern-added                       EeeeE.iI.i
pattern-changed                     WwwwW.iI.i
pattern-generalized                 IiiiI.....
pattern-property-added              eeeEE.II.i
pattern-property-removed            iiiII.EE.e
pattern-removed                     IiiiI.iI.i
prefix-items-added                  iiiII.EE.e
prefix-items-removed                eeeEE.II.i
property-names-added                eeeEE.II.i
property-names-removed              iiiII.EE.e
reactivated                         I...I..I..
removed                             W...W.....
removed-before-sunset               E.........
removed-with-deprecation            I.........
stability-decreased                 ....E..E..
stability-increased                 ....I..I..
sunset-date-changed-too-small       E.........
sunset-date-too-small               E...E..E..
sunset-deleted                      E.........
sunset-parse                        E.........
then-added                          eeeEE.II.i
then-removed                        iiiII.EE.e
type-changed                        EWeEE.EE.E
type-compatible                     iiiII.II.I
type-generalized                    IIiII.EE.E
type-specialized                    .E....II.I
unevaluated-items-added             eeeEE.II.i
unevaluated-items-removed           iiiII.EE.e
unevaluated-properties-added        eeeEE.II.i
unevaluated-properties-removed      iiiII.EE.e
unique-items-set                    wwwww.ii.i
unique-items-unset                  iiiii.ww.w
wrapped-in-one-of                   eeeEe.Ee.e
x-extensible-enum-value-removed     EeeeE.ii.i
"""

_ERRORS = """
api-deprecated-sunset-missing
api-deprecated-sunset-parse
api-invalid-stability-level
api-path-removed-before-sunset
api-path-removed-without-deprecation
api-path-sunset-parse
api-removed-before-sunset
api-removed-without-deprecation
api-stability-decreased
api-sunset-date-changed-too-small
api-sunset-date-too-small
new-request-path-parameter
new-required-request-default-parameter-to-existing-path
new-required-request-header-property
new-required-request-parameter
new-required-request-property
new-required-request-property-with-default
request-body-added-required
request-body-became-required
request-body-media-type-removed
request-body-media-type-schema-added
request-body-removed
required-response-header-removed
response-media-type-name-generalized
response-media-type-removed
response-required-property-removed
response-success-status-removed
sunset-deleted
webhook-removed
"""

_WARNINGS = """
optional-response-header-removed
response-body-media-type-schema-removed
response-optional-property-removed
response-required-property-became-not-write-only
"""

_NOTICES = """
api-global-security-added
api-global-security-removed
api-global-security-scope-added
api-global-security-scope-removed
api-major-version-not-bumped
api-operation-id-added
api-operation-id-removed
api-path-removed-with-deprecation
api-removed-with-deprecation
api-schema-removed
api-security-added
api-security-component-added
api-security-component-oauth-scope-added
api-security-component-oauth-scope-changed
api-security-component-oauth-scope-removed
api-security-component-oauth-token-url-changed
api-security-component-oauth-url-changed
api-security-component-removed
api-security-component-type-changed
api-security-removed
api-security-scope-added
api-security-scope-removed
api-stability-increased
api-tag-added
api-tag-removed
api-version-decreased
api-version-not-bumped
endpoint-added
endpoint-deprecated
endpoint-deprecated-with-sunset
endpoint-reactivated
new-optional-request-default-parameter-to-existing-path
new-optional-request-parameter
new-optional-request-property
request-body-added-optional
request-body-became-optional
request-body-media-type-added
request-body-media-type-schema-removed
request-optional-property-became-not-read-only
request-optional-property-became-not-write-only
request-optional-property-became-read-only
request-optional-property-became-write-only
request-required-property-became-not-read-only
request-required-property-became-not-write-only
request-required-property-became-read-only
request-required-property-became-write-only
response-body-media-type-schema-added
response-media-type-added
response-media-type-name-changed
response-media-type-name-specialized
response-mediatype-enum-value-removed
response-non-success-status-added
response-non-success-status-removed
response-optional-property-added
response-optional-property-became-not-read-only
response-optional-property-became-not-write-only
response-optional-property-became-read-only
response-optional-property-became-write-only
response-optional-write-only-property-added
response-optional-write-only-property-removed
response-required-property-added
response-required-property-became-not-read-only
response-required-property-became-read-only
response-required-property-became-write-only
response-required-write-only-property-added
response-required-write-only-property-removed
response-success-status-added
webhook-added
"""

_OLD_ALTERNATIVE = "an old way to authenticate no longer suffices"
_PUBLIC = "breaks no client, but opens an endpoint: a person should know"
_DEFAULTS = "code changes defaults often, and clients that care send the value"
_GENERATED = "breaks generated clients, which name methods after it"

OVERRIDDEN: dict[str, tuple[Level, str]] = {
    "request-parameter-default-value-added": (Level.WARNING, _DEFAULTS),
    "request-parameter-default-value-changed": (Level.WARNING, _DEFAULTS),
    "request-parameter-default-value-removed": (Level.WARNING, _DEFAULTS),
    "response-body-any-of-added": (Level.ERROR, "as for oneOf; unions of pydantic are anyOf"),
    "response-property-any-of-added": (Level.ERROR, "as for oneOf; unions of pydantic are anyOf"),
    "response-body-discriminator-mapping-deleted": (Level.WARNING, "clients switch on its values"),
    "response-property-discriminator-mapping-deleted": (
        Level.WARNING,
        "clients switch on its values",
    ),
    "api-security-added": (Level.ERROR, _OLD_ALTERNATIVE),
    "api-global-security-added": (Level.ERROR, _OLD_ALTERNATIVE),
    "api-security-scope-added": (Level.ERROR, _OLD_ALTERNATIVE),
    "api-global-security-scope-added": (Level.ERROR, _OLD_ALTERNATIVE),
    "api-security-removed": (Level.WARNING, _PUBLIC),
    "api-global-security-removed": (Level.WARNING, _PUBLIC),
    "api-security-scope-removed": (Level.WARNING, _PUBLIC),
    "api-global-security-scope-removed": (Level.WARNING, _PUBLIC),
    "api-operation-id-removed": (Level.WARNING, _GENERATED),
}
"""Where our level is another than oasdiff's, with the reason."""

_OWN = {
    "request-parameter-serialization-changed": Level.ERROR,
    "api-security-component-oauth-flow-added": Level.INFO,
    "api-security-component-oauth-flow-removed": Level.WARNING,
    "api-server-path-added": Level.INFO,
    "api-server-path-removed": Level.WARNING,
    "callback-added": Level.INFO,
    "callback-removed": Level.ERROR,
}


def _table() -> tuple[dict[str, Level], frozenset[str]]:
    levels: dict[str, Level] = {}
    own: set[str] = set(_OWN)
    for line in _SCHEMA_RULES.split("\n")[1:-1]:
        rule, letters = line.split()
        for place, letter in zip(PLACES, letters, strict=True):
            if letter.isupper() or (letter.islower() and len(place.prefixes) == 1):
                levels[f"{place.prefix}-{rule}"] = _LETTERS[letter.upper()]
                if letter.islower():
                    own.add(f"{place.prefix}-{rule}")
    named = ((_ERRORS, Level.ERROR), (_WARNINGS, Level.WARNING), (_NOTICES, Level.INFO))
    for text, level in named:
        levels |= dict.fromkeys(text.split(), level)
    return levels | _OWN | {rule: level for rule, (level, _) in OVERRIDDEN.items()}, frozenset(own)


LEVELS, OWN_RULES = _table()
"""The level of every rule; the rules that oasdiff does not have."""
