/* A capture of one link's PDUs, for the day when a peer misbehaves: a pcap
 * file that Wireshark and tshark open as SMPP. Each PDU is one TCP segment
 * (one longer than CAPTURE_SEGMENT several) of a made-up IPv4 connection
 * between us and the SMSC's port; a bind, and octets that are no PDU, end one
 * connection and begin another.
 *
 * Unless the operator says otherwise numbers, texts and passwords are masked,
 * each as long as it was, so that every length stays true (mask.h). */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_SEGMENT 16384
#define CAPTURE_PDU 65536 /* what is longer is cut, and then no PDU */

struct capture;

enum capture_direction {
	CAPTURE_TO_SMSC,
	CAPTURE_FROM_SMSC,
};

/* Makes a new file, mode 0600, never over an existing one. `port` is the
 * SMSC's. `clear`: numbers, texts and passwords as they are. The file gets at
 * most `max_octets`, in whole PDUs; with the first that has no room the
 * capture ends by itself and says so in the log. 0 or -errno, logged. */
int capture_open(struct capture **cp, const char *path, uint16_t port,
    int clear, uint64_t max_octets);
/* Also null. */
void capture_close(struct capture *c);

/* One whole PDU, or octets that are none. `now_us` is microseconds since
 * 1970. Does nothing on null or after the end. A fault ends the capture and
 * is logged; it never disturbs the link. */
void capture_pdu(struct capture *c, enum capture_direction dir,
    const uint8_t *pdu, size_t len, int64_t now_us);

#endif
