//! Which fields hold secrets or personal data, by their names.

/// Names are compared in lower case and without `-`, `_` and spaces.
const SECRETS: &[&str] = &[
    "accesstoken",
    "apikey",
    "authorization",
    "bearer",
    "clientsecret",
    "cookie",
    "credentials",
    "csrftoken",
    "cvc",
    "cvv",
    "idtoken",
    "jwt",
    "keyid",
    "keysecret",
    "otp",
    "passwd",
    "password",
    "pin",
    "privatekey",
    "proxyauthorization",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "setcookie",
    "sign",
    "signature",
    "token",
    "xapikey",
    "xauthtoken",
    "xcsrftoken",
];

const PERSONAL: &[&str] = &[
    "account",
    "accountname",
    "accountnumber",
    "addressline1",
    "addressline2",
    "areacode",
    "bban",
    "bic",
    "birthdate",
    "birthday",
    "cardholder",
    "cardnumber",
    "cellphone",
    "cfconnectingip",
    "city",
    "dateofbirth",
    "dob",
    "emailaddress",
    "emails",
    "familyname",
    "fax",
    "fingerprint",
    "forwarded",
    "givenname",
    "holder",
    "iban",
    "idnumber",
    "ip",
    "line1",
    "line2",
    "mail",
    "middlename",
    "mobile",
    "mobilenumber",
    "msisdn",
    "name",
    "nationalid",
    "nickname",
    "pan",
    "passport",
    "phonenumber",
    "phones",
    "postalcode",
    "postcode",
    "ssn",
    "street",
    "surname",
    "swift",
    "taxid",
    "tel",
    "telephone",
    "username",
    "whatsapp",
    "xclientip",
    "xforwardedfor",
    "xrealip",
    "xsslclientfingerprint",
    "xsslclientsdn",
    "zip",
    "zipcode",
];

/// Names that say the same with anything before them, such as `customer_email`.
const PERSONAL_ENDINGS: &[&str] = &[
    "accountholder",
    "addr",
    "address",
    "email",
    "firstname",
    "fullname",
    "iban",
    "lastname",
    "phone",
    "clientip",
    "clientaddress",
    "remoteip",
];

const SECRET_ENDINGS: &[&str] = &["apikey", "password", "secret", "accesstoken", "secretkey"];

/// Objects in which every value belongs to a person.
const PEOPLE: &[&str] = &[
    "bankaccount",
    "beneficiary",
    "billing",
    "buyer",
    "card",
    "contact",
    "customer",
    "payee",
    "payer",
    "person",
    "recipient",
    "sender",
    "shipping",
];

/// What says nothing about a person, even inside of such an object.
const HARMLESS: &[&str] = &[
    "amount",
    "country",
    "countrycode",
    "currency",
    "currencycode",
    "kind",
    "status",
    "type",
];

/// Objects that describe what the merchant sells, whose `name` is nobody's.
const GOODS: &[&str] = &["plan", "product"];

/// Words of the protocols. A field may hold one by chance, and it is not hidden elsewhere then.
const PROTOCOL_WORDS: &[&str] = &[
    "approved",
    "bearer",
    "checkout",
    "created",
    "customer",
    "expired",
    "failed",
    "message",
    "order",
    "paid",
    "partner",
    "payment",
    "payments",
    "payout",
    "payouts",
    "production",
    "sandbox",
    "status",
    "subscribe",
    "true",
    "false",
    "null",
];

/// What stands around a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Nothing,
    /// An object under a secret's name: everything in it is secret.
    Secret,
    /// An object about a person.
    Person,
    Goods,
    /// The server's texts about fields, under the fields' names.
    Messages,
}

/// What a field's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Plain,
    Secret,
    Personal,
    /// Personal because of what stands around it, not by its own name.
    Belonging,
}

/// The name as it is compared.
pub(super) fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

/// Whether the value may be hidden wherever it stands, and not only in this field.
pub(super) fn is_telling(value: &str) -> bool {
    !PROTOCOL_WORDS.contains(&&*value.to_ascii_lowercase())
}

/// The parts of a name such as `customer[email]` or `data.customer.email`.
pub(super) fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    let all = name.split(['[', ']', '.']);
    all.filter(|part| !part.is_empty() && !part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name) || SECRET_ENDINGS.iter().any(|end| name.ends_with(end))
}

fn is_personal(name: &str) -> bool {
    PERSONAL.contains(&name) || PERSONAL_ENDINGS.iter().any(|end| name.ends_with(end))
}

/// What stands around the members of the object called `name`, which is in plain form.
pub(super) fn enter(name: &str, within: Within) -> Within {
    match within {
        Within::Secret => Within::Secret,
        _ if is_secret(name) => Within::Secret,
        Within::Messages => Within::Messages,
        _ if GOODS.contains(&name) => Within::Goods,
        Within::Goods if name == "name" => Within::Goods,
        _ if PEOPLE.contains(&name) || is_personal(name) => Within::Person,
        Within::Nothing if name == "errors" => Within::Messages,
        other => other,
    }
}

/// What the value of the field called `name` is, which is in plain form.
pub(super) fn classify(name: &str, within: Within) -> Class {
    match within {
        Within::Messages => Class::Plain,
        Within::Secret => Class::Secret,
        _ if is_secret(name) => Class::Secret,
        Within::Goods if name == "name" => Class::Plain,
        _ if is_personal(name) => Class::Personal,
        Within::Person if HARMLESS.contains(&name) => Class::Plain,
        Within::Person => Class::Belonging,
        _ if PEOPLE.contains(&name) => Class::Belonging,
        _ => Class::Plain,
    }
}
