/* OpenSSL under libevent's bufferevent_openssl.
 *
 * What is verified is set for each connection: the chain up to tls_ca, and
 * the certificate's name (RFC 6125) or IP address (RFC 5280, 4.2.1.6). A name
 * also goes out in the SNI extension, an address may not (RFC 6066, 3).
 *
 * OpenSSL's reasons come in words that suit a programmer; the common ones are
 * said here as an operator would put them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "log.h"
#include "tls.h"

struct tls {
	SSL_CTX *ctx;
	char *name; /* that the certificate must have */
	char fault[256];
};

static const char *
words(unsigned long error)
{
	const char *text = ERR_SYSTEM_ERROR(error)
	    ? strerror(ERR_GET_REASON(error))
	    : ERR_reason_error_string(error);

	return text != NULL ? text : "an error without a name";
}

/* Logs the first error of OpenSSL's queue, the cause of the others. */
static int
wrong(const struct conf_smsc *conf, const char *option, const char *path,
    const char *advice)
{
	log_error(DCONF, "smsc \"%s\": %s %s: %s; %s", conf->name, option, path,
	    words(ERR_get_error()), advice);
	ERR_clear_error();
	return -EINVAL;
}

/* Nobody is there to type a passphrase. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int
trust(SSL_CTX *ctx, const struct conf_smsc *conf)
{
	if (*conf->tls_ca == '\0')
		return SSL_CTX_set_default_verify_paths(ctx) ? 0 : -ENOMEM;
	if (!SSL_CTX_load_verify_file(ctx, conf->tls_ca))
		return wrong(conf, "tls_ca", conf->tls_ca,
		    "it must hold certificates of CAs, in PEM form");
	/* what is in the file is trusted, if it is no root too */
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	return 0;
}

static int
show_ours(SSL_CTX *ctx, const struct conf_smsc *conf)
{
	const char *cert = conf->tls_cert, *key = conf->tls_key;

	if (cert == NULL)
		return 0;
	if (!SSL_CTX_use_certificate_chain_file(ctx, cert))
		return wrong(conf, "tls_cert", cert,
		    "it must hold our certificate and those between it and a "
		    "CA, in PEM form");
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (!SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM))
		return wrong(conf, "tls_key", key,
		    "it must hold the key of tls_cert, in PEM form, without a "
		    "passphrase");
	return 0;
}

static int
set_up(struct tls *t, const struct conf_smsc *conf)
{
	int rc;

	ERR_clear_error();
	t->name = strdup(*conf->tls_name != '\0' ? conf->tls_name : conf->host);
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->name == NULL || t->ctx == NULL ||
	    !SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION))
		return wrong(conf, "tls", "yes", "is OpenSSL as installed?");
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	rc = trust(t->ctx, conf);
	return rc == 0 ? show_ours(t->ctx, conf) : rc;
}

int
tls_new(struct tls **tp, const struct conf_smsc *conf)
{
	struct tls *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return -ENOMEM;
	rc = set_up(t, conf);
	if (rc == 0)
		*tp = t;
	else
		tls_free(t);
	return rc;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t->name);
	free(t);
}

static void
warn_expired(const struct tls *t, const struct conf_smsc *conf)
{
	const X509 *cert = SSL_CTX_get0_certificate(t->ctx);
	struct tm tm;

	if (cert == NULL || X509_cmp_current_time(X509_get0_notAfter(cert)) > 0)
		return;
	if (!ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		return;
	log_notice(DCONF,
	    "smsc \"%s\": tls_cert %s: expired on %04d-%02d-%02d; renew it",
	    conf->name, conf->tls_cert, tm.tm_year + 1900, tm.tm_mon + 1,
	    tm.tm_mday);
}

int
tls_check(const struct conf_smsc *conf)
{
	struct tls *t;
	int rc;

	if (!conf->tls) {
		if (*conf->tls_ca != '\0' || *conf->tls_name != '\0' ||
		    conf->tls_cert != NULL)
			log_notice(DCONF,
			    "smsc \"%s\": the link is not encrypted; its tls_ "
			    "options need tls = yes",
			    conf->name);
		return 0;
	}
	rc = tls_new(&t, conf);
	if (rc < 0)
		return rc;
	warn_expired(t, conf);
	tls_free(t);
	return 0;
}

/* A connection. */

/* Sets what the certificate must be for; 0 when it cannot. */
static int
expect(const struct tls *t, SSL *ssl)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	uint8_t ip[16];
	int ok;

	if (inet_pton(AF_INET, t->name, ip) == 1)
		ok = X509_VERIFY_PARAM_set1_ip(param, ip, 4);
	else if (inet_pton(AF_INET6, t->name, ip) == 1)
		ok = X509_VERIFY_PARAM_set1_ip(param, ip, 16);
	else
		ok = SSL_set1_host(ssl, t->name) &&
		    SSL_set_tlsext_host_name(ssl, t->name);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return ok;
}

struct bufferevent *
tls_bufferevent(struct tls *t, struct event_base *base)
{
	SSL *ssl = SSL_new(t->ctx);

	if (ssl == NULL || !expect(t, ssl)) {
		SSL_free(ssl);
		return NULL;
	}
	return bufferevent_openssl_socket_new(base, -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
}

int
tls_began(struct bufferevent *bev)
{
	BIO *bio = SSL_get_wbio(bufferevent_openssl_get_ssl(bev));

	return bio != NULL && BIO_number_written(bio) > 0;
}

/* The first error that OpenSSL reported; 0 when it reported none. libevent
 * gives the last one first, and between them its SSL_ERROR_ codes, which are
 * of no library. */
static unsigned long
first_error(struct bufferevent *bev)
{
	unsigned long error, first = 0;

	while ((error = bufferevent_get_openssl_error(bev)) != 0)
		if (ERR_GET_LIB(error) != 0)
			first = error;
	return first;
}

/* What was written to a connection that its peer had ended fails for errno's
 * reason; the peer's own may still be there to be read. */
static unsigned long
last_heard(SSL *ssl)
{
	char octet;

	if (!SSL_is_init_finished(ssl))
		return 0;
	ERR_clear_error();
	SSL_read(ssl, &octet, sizeof(octet));
	return ERR_get_error();
}

/* Was there ever a handshake to the end; SSL_is_init_finished forgets it at a
 * fault. */
static int
was_open(const SSL *ssl)
{
	char none[1];

	return SSL_get_peer_finished(ssl, none, 0) > 0;
}

static const char *
advice(long verdict)
{
	switch (verdict) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "; see tls_name";
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "";
	default:
		return "; see tls_ca";
	}
}

static const char *__attribute__((format(printf, 2, 3)))
say(struct tls *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->fault, sizeof(t->fault), fmt, ap);
	va_end(ap);
	return t->fault;
}

const char *
tls_fault(struct tls *t, struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	unsigned long error = first_error(bev);
	long verdict = SSL_get_verify_result(ssl);
	const char *what;

	if (verdict != X509_V_OK)
		return say(t, "the SMSC's certificate fails for %s: %s%s",
		    t->name, X509_verify_cert_error_string(verdict),
		    advice(verdict));
	if (error == 0)
		error = last_heard(ssl);
	if (error == 0)
		return NULL;
	what = words(error);
	if (ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET)
		return say(t, "the SMSC refused TLS: %s", what);
	if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		what = "the SMSC cut the connection";
	if (was_open(ssl))
		return say(t, "TLS: %s", what);
	return say(t, "TLS handshake: %s; does this port speak TLS?", what);
}

/* SSL_write wants what it could not write before to be offered again, with no
 * less behind it: so all of it at once. */
void
tls_last_words(struct bufferevent *bev)
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	struct evbuffer *out = bufferevent_get_output(bev);
	size_t n = evbuffer_get_length(out);
	const uint8_t *all = evbuffer_pullup(out, -1);

	if (!SSL_is_init_finished(ssl))
		return;
	if (n == 0 || (all != NULL && SSL_write(ssl, all, n) > 0))
		SSL_shutdown(ssl);
	ERR_clear_error();
}
