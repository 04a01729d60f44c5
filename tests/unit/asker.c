/* Who asks, what, and where the answer goes. */
#include "smsc-gw/asker.c"

#include "test.h"

static const char *codes[] = {"10086", "10010", "1069012345678"};
static struct conf_carrier carriers[2];
static struct conf_service services[] = {
    {.name = "one", .carrier = &carriers[0], .code = {.v = codes, .n = 1}},
    {.name = "two", .carrier = &carriers[1], .code = {.v = codes + 1, .n = 2}},
};
static const struct conf conf = {
    .country_code = "86",
    .services = services,
    .nservices = 2,
};

static struct deliver_sm
text(const char *source, const char *destination)
{
	struct deliver_sm sm = {
	    .source_addr_ton = 2,
	    .source_addr_npi = 8,
	    .dest_addr_ton = 3,
	    .dest_addr_npi = 9,
	};

	strcpy(sm.source_addr, source);
	strcpy(sm.destination_addr, destination);
	return sm;
}

/* The service's name, "" for none. */
static const char *
asks(const struct deliver_sm *sm, const char *want)
{
	struct asker a = {.msisdn = ""};

	if (!asker_read(&a, &conf, &carriers[0], sm))
		return "";
	return strcmp(a.msisdn, want) == 0 ? a.service->name : "another number";
}

static void
who_asks(void)
{
	static const char *const forms[] = {"8613800138000", "+8613800138000",
	    "008613800138000", "13800138000"};
	static const char *const long_code[] = {
	    "1069012345678", "+1069012345678", "+861069012345678"};
	static const uint8_t types[] = {0x04, 0x08, 0x10, 0x18, 0x20};
	struct deliver_sm sm;
	int good = 1;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		sm = text(forms[i], "10086");
		ok_str(asks(&sm, "8613800138000"), "one", "%s asks", forms[i]);
	}
	sm = text("13800138000", "+10086");
	ok_str(asks(&sm, "8613800138000"), "one", "to +10086 too");
	sm = text("13800138000", "10010");
	ok_str(asks(&sm, ""), "", "another carrier's code is none");
	sm = text("13800138000", "10000");
	ok_str(asks(&sm, ""), "", "nor is one without a service");
	sm = text("10010", "10086");
	ok_str(asks(&sm, ""), "", "a short code is no subscriber");
	for (size_t i = 0; i < sizeof(long_code) / sizeof(*long_code); i++) {
		sm = text(long_code[i], "10086");
		ok_str(asks(&sm, ""), "", "nor is %s", long_code[i]);
	}
	sm = text("", "10086");
	ok_str(asks(&sm, ""), "", "nor is nobody");
	sm = text("13800138000", "10086");
	sm.source_addr_ton = 5;
	ok_str(asks(&sm, ""), "", "nor an alphanumeric source, if of digits");
	for (size_t i = 0; i < sizeof(types); i++) {
		sm = text("13800138000", "10086");
		sm.esm_class = types[i];
		good &= asks(&sm, "")[0] == '\0';
	}
	ok(good, "no kind of message asks but the common one");
	sm.esm_class = 0xc3;
	ok_str(asks(&sm, "8613800138000"), "one", "whatever its other bits");
}

/* 5.2.19, and the message classes of TS 23.038 4. */
static void
data_codings(void)
{
	static const struct {
		uint8_t data_coding;
		enum alphabet want;
	} cases[] = {
	    {0x00, ALPHABET_ASCII},
	    {0x01, ALPHABET_ASCII},
	    {0x03, ALPHABET_LATIN1},
	    {0x04, ALPHABET_LATIN1},
	    {0x08, ALPHABET_UCS2},
	    {0xf0, ALPHABET_GSM7},
	    {0xf1, ALPHABET_GSM7},
	    {0xf4, ALPHABET_LATIN1},
	    {0xfb, ALPHABET_GSM7},
	};
	const struct conf_smsc smsc = {.default_alphabet = ALPHABET_ASCII};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok_int(asker_alphabet(&smsc, cases[i].data_coding),
		    cases[i].want, "data_coding 0x%02x", cases[i].data_coding);
}

static void
where_to(void)
{
	struct deliver_sm sm = text("13800138000", "10086");
	struct outbox_message m = {0};

	asker_address(&m, &sm);
	ok_str(m.from, "10086", "from the code that was texted");
	ok_str(m.to, "13800138000", "to the number as it was written");
	ok(m.from_ton == 3 && m.from_npi == 9 && m.to_ton == 2 && m.to_npi == 8,
	    "of the same types and plans");
	sm = text("+8613800138000", "+10086");
	sm.dest_addr_ton = 1;
	asker_address(&m, &sm);
	ok_str(m.from, "10086", "a code loses its plus");
	ok_str(m.to, "8613800138000", "and so does a number");
	ok(m.to_ton == 1 && m.to_npi == 1, "which its type says instead");
	ok(m.from_ton == 0 && m.from_npi == 9, "a code is not international");
}

int
main(void)
{
	who_asks();
	data_codings();
	where_to();
	return test_done();
}
