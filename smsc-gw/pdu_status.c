/* What a command_status means (SMPP 3.4 5.1.3). */
#include <stdio.h>

#include "pdu.h"

/* What the SMSC says of the message itself stays true however often it is
 * sent; what it says of its own state passes, and so may what is not clear:
 * ESME_RSUBMITFAIL, ESME_RUNKNOWNERR, a vendor's own (0x400 to 0x4ff), and
 * what a generic_nack says of octets that it lost its way in. */
int
pdu_refused_for_good(uint32_t command_status)
{
	switch (command_status) {
	case ESME_RINVMSGLEN:
	case ESME_RINVPRTFLG:
	case ESME_RINVREGDLVFLG:
	case ESME_RINVSRCADR:
	case ESME_RINVDSTADR:
	case ESME_RINVSERTYP:
	case ESME_RINVESMCLASS:
	case ESME_RINVSRCTON:
	case ESME_RINVSRCNPI:
	case ESME_RINVDSTTON:
	case ESME_RINVDSTNPI:
	case ESME_RINVREPFLAG:
	case ESME_RINVSCHED:
	case ESME_RINVEXPIRY:
	case ESME_RINVDFTMSGID:
	case ESME_RINVSUBREP:
	case ESME_RX_P_APPN:
	case ESME_RX_R_APPN:
	case ESME_RINVOPTPARSTREAM:
	case ESME_ROPTPARNOTALLWD:
	case ESME_RINVPARLEN:
	case ESME_RMISSINGOPTPARAM:
	case ESME_RINVOPTPARAMVAL:
		return 1;
	}
	return 0;
}

int
pdu_had_enough(uint32_t command_status)
{
	return command_status == ESME_RTHROTTLED ||
	    command_status == ESME_RMSGQFUL;
}

#define NAME(status)            \
	{                       \
		status, #status \
	}

const char *
pdu_status_name(uint32_t command_status, char buf[16])
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
	    NAME(ESME_ROK),
	    NAME(ESME_RINVMSGLEN),
	    NAME(ESME_RINVCMDLEN),
	    NAME(ESME_RINVCMDID),
	    NAME(ESME_RINVBNDSTS),
	    NAME(ESME_RALYBND),
	    NAME(ESME_RINVPRTFLG),
	    NAME(ESME_RINVREGDLVFLG),
	    NAME(ESME_RSYSERR),
	    NAME(ESME_RINVSRCADR),
	    NAME(ESME_RINVDSTADR),
	    NAME(ESME_RINVMSGID),
	    NAME(ESME_RBINDFAIL),
	    NAME(ESME_RINVPASWD),
	    NAME(ESME_RINVSYSID),
	    NAME(ESME_RCANCELFAIL),
	    NAME(ESME_RREPLACEFAIL),
	    NAME(ESME_RMSGQFUL),
	    NAME(ESME_RINVSERTYP),
	    NAME(ESME_RINVNUMDESTS),
	    NAME(ESME_RINVDLNAME),
	    NAME(ESME_RINVDESTFLAG),
	    NAME(ESME_RINVSUBREP),
	    NAME(ESME_RINVESMCLASS),
	    NAME(ESME_RCNTSUBDL),
	    NAME(ESME_RSUBMITFAIL),
	    NAME(ESME_RINVSRCTON),
	    NAME(ESME_RINVSRCNPI),
	    NAME(ESME_RINVDSTTON),
	    NAME(ESME_RINVDSTNPI),
	    NAME(ESME_RINVSYSTYP),
	    NAME(ESME_RINVREPFLAG),
	    NAME(ESME_RINVNUMMSGS),
	    NAME(ESME_RTHROTTLED),
	    NAME(ESME_RINVSCHED),
	    NAME(ESME_RINVEXPIRY),
	    NAME(ESME_RINVDFTMSGID),
	    NAME(ESME_RX_T_APPN),
	    NAME(ESME_RX_P_APPN),
	    NAME(ESME_RX_R_APPN),
	    NAME(ESME_RQUERYFAIL),
	    NAME(ESME_RINVOPTPARSTREAM),
	    NAME(ESME_ROPTPARNOTALLWD),
	    NAME(ESME_RINVPARLEN),
	    NAME(ESME_RMISSINGOPTPARAM),
	    NAME(ESME_RINVOPTPARAMVAL),
	    NAME(ESME_RDELIVERYFAILURE),
	    NAME(ESME_RUNKNOWNERR),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].status == command_status)
			return names[i].name;
	snprintf(buf, 16, "0x%x", command_status);
	return buf;
}
