/* Memory that a process has together with those that it forks. */
#ifndef SHARED_H
#define SHARED_H

#include <stddef.h>

/* All zeros; null when there is none. */
void *shared_new(size_t size);
/* Also null. Only this process has it no more. */
void shared_free(void *p, size_t size);

#endif
