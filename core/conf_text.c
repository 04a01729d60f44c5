/* What libconfuse 3.3 needs done first: it counts a line too many at each
 * comment, takes a comment within a list for a value, and lets a file end
 * inside a section without a word. So comments become spaces before it sees
 * them, and the ends of strings, comments and braces are checked here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf_file.h"

int
conf_text_read(const char *path, char **text)
{
	FILE *in = fopen(path, "re");
	size_t size = 0;
	ssize_t n;
	int rc = 0;

	*text = NULL;
	if (in == NULL)
		return -errno;
	n = getdelim(text, &size, '\0', in);
	if (n < 0 && !feof(in))
		rc = -errno;
	else if (n < 0)
		**text = '\0';
	else if (strlen(*text) != (size_t)n)
		rc = -EILSEQ;
	fclose(in);
	return rc;
}

/* Past a string in quotes; null when it has no end. */
static char *
skip_string(char *s, int *line)
{
	char quote = *s++;

	for (; *s && *s != quote; s++) {
		*line += *s == '\n';
		if (*s == '\\' && s[1])
			*line += *++s == '\n';
	}
	return *s ? s + 1 : NULL;
}

static char *
blank(char *s, size_t n, int *line)
{
	for (; n > 0; n--, s++) {
		if (*s == '\n')
			++*line;
		else
			*s = ' ';
	}
	return s;
}

/* Blanks a comment; returns where it ended, s itself where none begins. */
static char *
blank_comment(char *s, int *line)
{
	char *end;

	if (*s == '#' || (s[0] == '/' && s[1] == '/'))
		return blank(s, strcspn(s, "\n"), line);
	if (s[0] != '/' || s[1] != '*')
		return s;
	end = strstr(s + 2, "*/");
	return end != NULL ? blank(s, end + 2 - s, line) : NULL;
}

const char *
conf_text_tidy(char *s, int *at)
{
	int line = 1, depth = 0, open = 0;

	while (*s) {
		char *from = s;

		*at = line;
		s = *s == '"' || *s == '\'' ? skip_string(s, &line)
					    : blank_comment(s, &line);
		if (s == NULL)
			return "the string or comment has no end";
		if (s != from)
			continue;
		if (*s == '{' && depth++ == 0)
			open = line;
		depth -= *s == '}';
		line += *s++ == '\n';
	}
	*at = open;
	return depth > 0 ? "the brace has no end" : NULL;
}
