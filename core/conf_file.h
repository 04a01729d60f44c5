/* A configuration file read by tables of options: libconfuse's grammar, our
 * checks and error lines. Only conf_options.c knows options by name. */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include <confuse.h>
#include <stddef.h>
#include <stdio.h>

struct option {
	const char *name;
	enum { NUMBER, WORD, TEXT, PATH, LIST } kind;
	const char *def;          /* as it would be written, or null */
	long min, max;            /* of a number; a text's characters */
	const char *const *words; /* in the order of their enum; "" none */
	int (*good)(const char *value); /* of a text or a list's element */
	const char *what;               /* that `good` allows */
	int required;
	int hex;  /* shown so */
	int live; /* takes effect on what is open; else that is opened anew */
	size_t offset, size; /* in its struct; size 0: nothing to fill */
};

struct section {
	const char *name;             /* "root" for the top level */
	const struct option *options; /* ended by a null name */
	int titled; /* any number of them, each with its own title */
};

/* travelcard.conf's, ended by a null name. */
extern const struct section conf_sections[];

struct conf_file {
	const char *path;               /* as given */
	char *dir;                      /* its folder, absolute */
	const struct section *sections; /* ended by a null name */
	cfg_t *cfg;
	int errors; /* logged so far */
	struct given *given;
	size_t ngiven;
};

/* Reads a file. Errors in it are logged and counted; with errors the values
 * are there to be checked further, but for -EINVAL, where the file could not
 * be read through. 0 or -errno, logged. */
int conf_file_read(
    struct conf_file *f, const char *path, const struct section *sections);
void conf_file_free(struct conf_file *f);

/* Logs "FILE:LINE: option: …" and counts it. The line is the option's, or
 * where it is not given, the end of the section. */
void conf_file_wrong(struct conf_file *f, cfg_t *sec, const char *option,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Puts a section's values into its struct: by size uint8_t to uint32_t for
 * numbers, enums for words, const char *, struct conf_list. The strings stay
 * the file's, the lists' arrays become the struct's. 0 or -ENOMEM. */
int conf_file_fill(struct conf_file *f, cfg_t *sec, void *to);

/* Within the reading: a section's row of an option, null for none; the place
 * of a word in its table, -1 for none. */
const struct option *conf_file_option(
    const struct conf_file *f, const cfg_t *sec, const char *name);
int conf_file_word(const char *const *words, const char *value);

/* The whole file as one string, to be freed. 0, -errno, or -EILSEQ for what
 * is no text. */
int conf_text_read(const char *path, char **text);

/* Blanks the comments of a file's text. Returns what has no end, with its
 * line, or null. */
const char *conf_text_tidy(char *text, int *line);

#endif
