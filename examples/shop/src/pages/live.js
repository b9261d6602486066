const look=async()=>{
if(document.hidden)return void setTimeout(look,500);
try{
const answer=await fetch(location.href);
if(!answer.ok)return void setTimeout(look,2000);
const now=new DOMParser().parseFromString(await answer.text(),"text/html");
for(const part of document.querySelectorAll("[data-live]")){
const fresh=now.getElementById(part.id);
if(fresh&&fresh.innerHTML!==part.innerHTML)part.innerHTML=fresh.innerHTML;
}
}catch{}
setTimeout(look,500);
};
setTimeout(look,300);
