# TimestampPath with an offset and a fraction of a second (recorded without: base/wait.wait_timestamppath_z), over a crash
--- definition
{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "TimestampPath": "$.at", "End": true}}}
--- input
{"at": "2023-11-15T00:14:20.25+02:00"}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[60249] > crash 60249
[60250] > advance 60250
3<-2 WaitStateExited
4<-3 ExecutionSucceeded
<finish>
= SUCCEEDED {"at": "2023-11-15T00:14:20.25+02:00"}
