/* Makes user-mode-linux run on processors whose extended state is larger than
 * the 2,696 bytes for which its kernels before 6.13 have room, those with AMX: a
 * host takes the registers of a guest's process only whole, refuses what is
 * shorter, and the guest panics. This is preloaded, and puts the guest's part
 * into the whole, whose rest its programs do not use.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define EXTENDED_STATE 0x202 /* NT_X86_XSTATE */

/* Not on the stack: those of the guest's kernel are small. It has one processor
 * and is not interrupted here by itself. */
static char whole[65536];

long ptrace(enum __ptrace_request request, ...)
{
	static long (*real)(enum __ptrace_request, pid_t, void *, void *);
	va_list arguments;
	va_start(arguments, request);
	pid_t process = va_arg(arguments, pid_t);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (!real)
		real = dlsym(RTLD_NEXT, "ptrace");
	if ((request != PTRACE_GETREGSET && request != PTRACE_SETREGSET) || address != (void *)EXTENDED_STATE)
		return real(request, process, address, data);

	struct iovec *part = data;
	struct iovec all = { whole, sizeof(whole) };
	long result = real(PTRACE_GETREGSET, process, address, &all);
	if (result < 0)
		return result;
	size_t size = part->iov_len < all.iov_len ? part->iov_len : all.iov_len;
	if (request == PTRACE_GETREGSET) {
		memcpy(part->iov_base, whole, size);
		part->iov_len = size;
		return result;
	}
	memcpy(whole, part->iov_base, size);
	return real(PTRACE_SETREGSET, process, address, &all);
}
