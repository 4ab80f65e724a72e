/* Makes user-mode-linux run on processors with AMX. Their extended state is larger
 * than 2,696 bytes, which is all that its kernels before 6.13 have room for. The host
 * accepts only the complete registers of a process and refuses a shorter buffer, and
 * then the guest panics. This library is preloaded. It copies the guest's part into
 * the complete state; the guest's programs do not use the rest.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

#define EXTENDED_STATE 0x202 /* NT_X86_XSTATE */

/* Not on the stack, because the stacks of the guest's kernel are small. The guest has
 * one processor and does not interrupt itself here. */
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
