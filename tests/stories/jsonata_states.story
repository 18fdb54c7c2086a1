# every state type in JSONata: Choice, Wait, Map over an expression, Parallel, variables
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Which", "States": {
  "Which": {"Type": "Choice", "Choices": [
    {"Condition": "{% $states.input.n > 10 %}", "Output": "large", "Next": "Done"},
    {"Condition": "{% $count($states.input.list) = 2 %}", "Assign": {"total": "{% $sum($states.input.list) %}"}, "Next": "Nap"}], "Default": "Done"},
  "Nap": {"Type": "Wait", "Seconds": "{% $states.input.n %}", "Next": "Each"},
  "Each": {"Type": "Map", "Items": "{% $states.input.list %}", "ItemSelector": {"item": "{% $states.context.Map.Item.Value * $total %}"},
    "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "Output": "{% $states.input.item + 1 %}", "End": true}}},
    "Output": "{% {'results': $states.result, 'n': $states.input.n} %}", "Next": "Both"},
  "Both": {"Type": "Parallel", "Arguments": "{% $states.input.results %}", "Branches": [
    {"StartAt": "L", "States": {"L": {"Type": "Pass", "Output": "{% $states.input[0] %}", "End": true}}},
    {"StartAt": "R", "States": {"R": {"Type": "Succeed", "Output": "{% $states.input[1] %}"}}}], "Next": "Done"},
  "Done": {"Type": "Succeed", "Output": {"last": "{% $states.input %}", "total": "{% $exists($total) ? $total : 'none' %}"}}}}
--- input
{"n": 3, "list": [4, 5]}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ChoiceStateEntered
3<-2 ChoiceStateExited
4<-3 WaitStateEntered
[ 3000] > advance 3000
5<-4 WaitStateExited
6<-5 MapStateEntered
7<-6 MapStateStarted
8<-7 MapIterationStarted
9<-7 MapIterationStarted
10<-8 PassStateEntered
11<-9 PassStateEntered
12<-10 PassStateExited
13<-12 MapIterationSucceeded
14<-11 PassStateExited
15<-14 MapIterationSucceeded
16<-15 MapStateSucceeded
17<-15 MapStateExited
18<-17 ParallelStateEntered
19<-18 ParallelStateStarted
20<-19 PassStateEntered
21<-19 SucceedStateEntered
22<-20 PassStateExited
23<-21 SucceedStateExited
24<-23 ParallelStateSucceeded
25<-23 ParallelStateExited
26<-25 SucceedStateEntered
27<-26 SucceedStateExited
28<-27 ExecutionSucceeded
<finish>
= SUCCEEDED {"last":[37,46],"total":9}
