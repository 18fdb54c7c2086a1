# Seconds and Timestamp by JSONata, over crashes; a value that is none is States.QueryEvaluationError
# (recorded: scenarios/wait_timestamp_jsonata_no_z)
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Nap", "States": {
  "Nap": {"Type": "Wait", "Seconds": "{% $states.input.n %}", "Assign": {"n": "{% $states.input.n %}"}, "Next": "Until"},
  "Until": {"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "Wrong"},
  "Wrong": {"Type": "Wait", "Timestamp": "{% 'in ' & $n & ' seconds' %}", "End": true}}}
--- input
{"n": 7, "at": "2023-11-14T22:13:40Z"}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[ 6999] > crash 6999
[ 7000] > advance 7000
3<-2 WaitStateExited
4<-3 WaitStateEntered
[19999] > crash 19999
[20000] > advance 20000
5<-4 WaitStateExited
6<-5 WaitStateEntered
7<-6 EvaluationFailed
8<-7 ExecutionFailed
<finish>
= FAILED States.QueryEvaluationError: An error occurred while executing the state 'Wrong' (entered at the event id #6). The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: in 7 seconds
