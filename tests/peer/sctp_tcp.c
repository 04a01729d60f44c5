/*
 * Lets a program that speaks one-to-one SCTP run on a kernel that has none:
 * preloaded, it turns each SCTP socket into a TCP one.  The two ends see
 *
 *   | length, 16 bit, big-endian | message |
 *
 * for each message, so that boundaries are kept as SCTP keeps them.  Only the
 * calls that libosmo-netif and osmo-msc make are here (RFC 6458): socket,
 * bindx and connectx as socket options, sctp_send, sctp_recvmsg.  An
 * association cannot be opened from this side: the MSC's SS7 link, which no
 * test uses, stays down.
 */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/sctp.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int sctp_send(int, const void *, size_t, const struct sctp_sndrcvinfo *, int);
int sctp_recvmsg(int, void *, size_t, struct sockaddr *, socklen_t *,
    struct sctp_sndrcvinfo *, int *);

int
socket(int domain, int type, int protocol)
{
	int (*next)(int, int, int) = dlsym(RTLD_NEXT, "socket");

	return next(
	    domain, type, protocol == IPPROTO_SCTP ? IPPROTO_TCP : protocol);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*next)(int, int, int, const void *, socklen_t) =
	    dlsym(RTLD_NEXT, "setsockopt");

	if (level != IPPROTO_SCTP)
		return next(fd, level, name, value, len);
	if (name == SCTP_NODELAY)
		return next(fd, IPPROTO_TCP, TCP_NODELAY, value, len);
	if (name == SCTP_SOCKOPT_BINDX_ADD)
		return bind(fd, value, len);
	return 0;
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int (*next)(int, int, int, void *, socklen_t *) =
	    dlsym(RTLD_NEXT, "getsockopt");

	if (level != IPPROTO_SCTP)
		return next(fd, level, name, value, len);
	if (name == SCTP_SOCKOPT_CONNECTX || name == SCTP_SOCKOPT_CONNECTX3 ||
	    name == SCTP_SOCKOPT_CONNECTX_OLD) {
		errno = ECONNREFUSED;
		return -1;
	}
	memset(value, 0, *len);
	return 0;
}

/* Move all `len` octets, waiting as needed; 0 is the end of the stream. */
static ssize_t
whole(int fd, uint8_t *p, size_t len, int sending)
{
	struct pollfd pfd = {fd, sending ? POLLOUT : POLLIN, 0};
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = sending ? send(fd, p + done, len - done, MSG_NOSIGNAL)
			    : recv(fd, p + done, len - done, 0);
		if (n == 0)
			return 0;
		if (n > 0)
			done += n;
		else if (errno == EAGAIN)
			poll(&pfd, 1, -1);
		else if (errno != EINTR)
			return -1;
	}
	return done;
}

int
sctp_send(int fd, const void *msg, size_t len,
    const struct sctp_sndrcvinfo *sinfo, int flags)
{
	uint8_t buf[2 + UINT16_MAX];

	(void)sinfo;
	(void)flags;
	if (len > UINT16_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	buf[0] = len >> 8;
	buf[1] = len;
	memcpy(buf + 2, msg, len);
	return whole(fd, buf, 2 + len, 1) < 0 ? -1 : (int)len;
}

int
sctp_recvmsg(int fd, void *msg, size_t size, struct sockaddr *from,
    socklen_t *fromlen, struct sctp_sndrcvinfo *sinfo, int *flags)
{
	uint8_t head[2];
	size_t len;
	ssize_t n;

	(void)from;
	if (fromlen)
		*fromlen = 0;
	if (sinfo)
		memset(sinfo, 0, sizeof(*sinfo));
	if (flags)
		*flags = MSG_EOR;
	if ((n = whole(fd, head, sizeof(head), 0)) <= 0)
		return n;
	len = head[0] << 8 | head[1];
	if (len > size) {
		errno = EMSGSIZE;
		return -1;
	}
	return whole(fd, msg, len, 0);
}
