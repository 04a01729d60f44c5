/* What check --audit prints. */
#ifndef AUDIT_REPORT_H
#define AUDIT_REPORT_H

#include "core.h"

/* Proves every chain of the audit's folder. An exit status: EXIT_OK if all are
 * whole, though one be without an end. */
int audit_report(struct core *c, int json);

#endif
