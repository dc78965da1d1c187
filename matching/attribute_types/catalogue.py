"""The catalogue of attribute types: to add one, write its file beside this one and name it here."""

from __future__ import annotations

from matching.attribute_types.address import Address
from matching.attribute_types.base import AttributeType
from matching.attribute_types.category import Category
from matching.attribute_types.city import City
from matching.attribute_types.consent import Consent
from matching.attribute_types.country import Country
from matching.attribute_types.date import Date
from matching.attribute_types.date_of_birth import DateOfBirth
from matching.attribute_types.email import Email
from matching.attribute_types.family_name import FamilyName
from matching.attribute_types.full_name import FullName
from matching.attribute_types.gender import Gender
from matching.attribute_types.given_name import GivenName
from matching.attribute_types.identifier import Identifier
from matching.attribute_types.name_suffix import NameSuffix
from matching.attribute_types.national_id import NationalId
from matching.attribute_types.number import Number
from matching.attribute_types.numbers import Numbers
from matching.attribute_types.organisation import Organisation
from matching.attribute_types.phone import Phone
from matching.attribute_types.postcode import Postcode
from matching.attribute_types.region import Region
from matching.attribute_types.street import Street
from matching.attribute_types.text import Text
from matching.attribute_types.url import Url

TYPES: dict[str, AttributeType] = {
    attribute_type.name: attribute_type
    for attribute_type in (
        GivenName(),
        FamilyName(),
        FullName(),
        NameSuffix(),
        Organisation(),
        Email(),
        Phone(),
        DateOfBirth(),
        Date(),
        Street(),
        City(),
        Region(),
        Postcode(),
        Country(),
        Address(),
        Gender(),
        Identifier(),
        NationalId(),
        Consent(),
        Category(),
        Text(),
        Number(),
        Numbers(),
        Url(),
    )
}
