# Fail ends the execution with its Error and Cause
--- definition
{"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Order.Invalid", "Cause": "there is nothing in it"}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 FailStateEntered
3<-2 ExecutionFailed
<finish>
[ 1000] > advance 1000
= FAILED Order.Invalid: there is nothing in it
