# a job (.sync) is asked for again after a crash under the same token, and told once to be submitted
# (recorded: callback/start_execution_sync)
--- definition
{"StartAt": "Run", "States": {"Run": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "TimeoutSeconds": 100, "Parameters": {"JobName": "j"}, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 TaskScheduled
4<-3 TaskStarted
<dispatch 0 1>
[50000] > crash 50000
<redeliver 0 1>
[99999] > crash 99999
<redeliver 0 1>
[99999] > succeed 0 1 {"JobRunState": "SUCCEEDED"}
5<-4 TaskSubmitted
6<-5 TaskSucceeded
7<-6 TaskStateExited
8<-7 ExecutionSucceeded
<finish>
= SUCCEEDED {"JobRunState": "SUCCEEDED"}
