/* Certificate and key: see tls.h. */
#include "server/tls.h"

#include "server/private_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#define PEM_BYTES_MAX 262144

void sw_tls_done(struct sw_tls *tls)
{
	sw_private_file_free(tls->certificate, tls->certificate_len);
	sw_private_file_free(tls->key, tls->key_len);
	*tls = (struct sw_tls){0};
}

/* A key under a password cannot be asked for here. */
static int no_password(char *password, int bytes, int writing, void *user)
{
	(void)password;
	(void)bytes;
	(void)writing;
	(void)user;
	return -1;
}

static X509 *read_certificate(const char *text, size_t len)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	return certificate;
}

static EVP_PKEY *read_key(const char *text, size_t len)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	BIO_free(bio);
	return key;
}

static void check_dates(const X509 *certificate, const char *path, int64_t now_ms, const struct sw_log *log)
{
	time_t now = (time_t)(now_ms / 1000);
	if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0)
		SW_LOG(log, SW_LOG_WARNING, "the certificate %.200s has expired: clients will refuse it",
		       path);
	else if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
		SW_LOG(log, SW_LOG_WARNING, "the certificate %.200s is not valid yet: clients will refuse it",
		       path);
}

static enum sw_result check_pair(const struct sw_tls *tls, const char *certificate_file, const char *key_file,
				 int64_t now_ms, const struct sw_log *log, struct sw_error *err)
{
	X509 *certificate = read_certificate(tls->certificate, tls->certificate_len);
	EVP_PKEY *key = certificate ? read_key(tls->key, tls->key_len) : NULL;
	enum sw_result r = SW_OK;
	if (!certificate)
		r = sw_error_set(err, SW_EINVAL, "%.200s does not begin with a certificate in PEM form",
				 certificate_file);
	else if (!key)
		r = sw_error_set(
			err, SW_EINVAL,
			"%.200s holds no private key in PEM form (one under a password cannot be used)",
			key_file);
	else if (X509_check_private_key(certificate, key) != 1)
		r = sw_error_set(err, SW_EINVAL, "the key %.200s does not belong to the certificate %.200s",
				 key_file, certificate_file);
	else
		check_dates(certificate, certificate_file, now_ms, log);
	EVP_PKEY_free(key);
	X509_free(certificate);
	ERR_clear_error();
	return r;
}

enum sw_result sw_tls_load(const char *certificate_file, const char *key_file, int64_t now_ms,
			   const struct sw_log *log, struct sw_tls *ret_tls, struct sw_error *err)
{
	struct sw_tls tls = {0};
	enum sw_result r = sw_private_file_read(certificate_file, "the certificate", false, PEM_BYTES_MAX,
						&tls.certificate, &tls.certificate_len, err);
	if (r == SW_OK)
		r = sw_private_file_read(key_file, "the key", true, PEM_BYTES_MAX, &tls.key, &tls.key_len,
					 err);
	if (r == SW_OK)
		r = check_pair(&tls, certificate_file, key_file, now_ms, log, err);
	if (r == SW_OK)
		*ret_tls = tls;
	else
		sw_tls_done(&tls);
	return r;
}
