/*
 * Certificate and key of the TLS listener: read, and checked here, because libmicrohttpd only says that it could not
 * start. Private to server/.
 */
#ifndef SW_SERVER_TLS_H
#define SW_SERVER_TLS_H

#include "base/error.h"
#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

/* What GnuTLS may speak: TLS 1.2 and 1.3. */
#define SW_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct sw_tls {
	char *certificate, *key; /* PEM texts */
	size_t certificate_len, key_len;
};

/*
 * The chain of certificates, the server's first, and its key, which nobody else may read. SW_EINVAL, SW_EIO, SW_ENOMEM
 * with a text that names the file. A certificate that is not valid at now_ms is logged, not refused.
 */
enum sw_result sw_tls_load(const char *certificate_file, const char *key_file, int64_t now_ms,
			   const struct sw_log *log, struct sw_tls *ret_tls, struct sw_error *err);
/* Wipes and frees. */
void sw_tls_done(struct sw_tls *tls);

#endif
