# ErrorPath and CausePath take the name and the cause from the input, or from an intrinsic function
# (recorded: base/state_fail_path, base/state_fail_intrinsic)
--- definition
{"StartAt": "No", "States": {"No": {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "States.Format('order {}', $.id)"}}}
--- input
{"error": "Order.Invalid", "id": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 FailStateEntered
3<-2 ExecutionFailed
<finish>
= FAILED Order.Invalid: order 7
