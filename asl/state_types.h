/* The closed sets of the States Language, each in one list from which enums, names and tables are made. */
#ifndef SW_ASL_STATE_TYPES_H
#define SW_ASL_STATE_TYPES_H

#define SW_STATE_TYPES(X)                 \
	X(PASS, pass, "Pass")             \
	X(TASK, task, "Task")             \
	X(CHOICE, choice, "Choice")       \
	X(WAIT, wait, "Wait")             \
	X(SUCCEED, succeed, "Succeed")    \
	X(FAIL, fail, "Fail")             \
	X(PARALLEL, parallel, "Parallel") \
	X(MAP, map, "Map")

enum sw_state_type {
#define SW_STATE_TYPE_ENUM(NAME, name, text) SW_STATE_##NAME,
	SW_STATE_TYPES(SW_STATE_TYPE_ENUM)
#undef SW_STATE_TYPE_ENUM
		SW_STATE_TYPES_COUNT
};

/* Choice operators: enum, what is compared, how. Each one but StringMatches and Is* has a ...Path twin. */
#define SW_COMPARISONS(X)                \
	X(EQUALS, "Equals")              \
	X(LESS, "LessThan")              \
	X(LESS_EQUALS, "LessThanEquals") \
	X(GREATER, "GreaterThan")        \
	X(GREATER_EQUALS, "GreaterThanEquals")

enum sw_comparison {
#define SW_COMPARISON_ENUM(NAME, text) SW_COMPARE_##NAME,
	SW_COMPARISONS(SW_COMPARISON_ENUM)
#undef SW_COMPARISON_ENUM
};

enum sw_operand_type { SW_OPERAND_STRING, SW_OPERAND_NUMERIC, SW_OPERAND_BOOLEAN, SW_OPERAND_TIMESTAMP };

enum sw_is_test { SW_IS_NULL, SW_IS_PRESENT, SW_IS_NUMERIC, SW_IS_STRING, SW_IS_BOOLEAN, SW_IS_TIMESTAMP };

#endif
