/* Assertions for bugs of ours: cheap ones stay on in release builds, slow ones are for debug and tests. */
#ifndef SW_BASE_ASSERT_H
#define SW_BASE_ASSERT_H

_Noreturn void sw_assert_failed(const char *condition, const char *file, int line);
#define SW_ASSERT(condition) ((condition) ? (void)0 : sw_assert_failed(#condition, __FILE__, __LINE__))
#ifdef SW_SLOW_ASSERTIONS
#define SW_ASSERT_SLOW(condition) SW_ASSERT(condition)
#else
#define SW_ASSERT_SLOW(condition) ((void)0)
#endif

#endif
